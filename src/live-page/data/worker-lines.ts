import { livePageLimits } from '../../limits/tools/live-page.ts'
import type { LiveColumn, LiveWorkerColumns } from '../../model/live/live-document.ts'
import type { Samples } from './history.ts'

/** A line of a plot. */
export interface Line {
  readonly key: string
  readonly name: string
  readonly values: LiveColumn
}

/**
 * A line per worker. Of many workers, the highest, the middle and the lowest value at each time:
 * nobody tells 64 lines apart.
 */
export function workerLines(samples: Samples, field: keyof LiveWorkerColumns): readonly Line[] {
  const workers = Object.entries(samples.workers)
  if (workers.length <= livePageLimits.lines) {
    return workers.map(([id, columns]) => ({
      key: id,
      name: shortName(id),
      values: columns[field],
    }))
  }
  return spread(
    samples.times.length,
    workers.map(([, columns]) => columns[field]),
  )
}

export function isSpread(samples: Samples): boolean {
  return Object.keys(samples.workers).length > livePageLimits.lines
}

/** `worker_3_1795260252` as `worker_3`: the fork number is unique in a plot of one cluster. */
function shortName(id: string): string {
  return /^(?:\S+ )?(worker_\d+)_\d+$/.exec(id)?.[1] ?? id
}

function spread(length: number, columns: readonly LiveColumn[]): readonly Line[] {
  const highest: (number | null)[] = []
  const middle: (number | null)[] = []
  const lowest: (number | null)[] = []
  for (let index = 0; index < length; index += 1) {
    const values = valuesAt(columns, index)
    highest.push(values.at(-1) ?? null)
    middle.push(values[values.length >> 1] ?? null)
    lowest.push(values[0] ?? null)
  }
  return [
    { key: 'highest', name: 'highest', values: highest },
    { key: 'median', name: 'median', values: middle },
    { key: 'lowest', name: 'lowest', values: lowest },
  ]
}

function valuesAt(columns: readonly LiveColumn[], index: number): number[] {
  const values = columns.flatMap((column) => column[index] ?? [])
  return values.sort((one, other) => one - other)
}
