import { livePageLimits } from '../../limits/tools/live-page.ts'
import type { LiveColumn, LiveWorker, LiveWorkerColumns } from '../../model/live/live-document.ts'
import { workerName } from '../../model/text/worker-name.ts'
import type { Samples } from './history.ts'

/** A line of a plot. */
export interface Line {
  readonly key: string
  readonly name: string
  readonly values: LiveColumn
  /** Number of the color, from 0 to 7. */
  readonly color: number
  /** Fills the band to the next line. */
  readonly fill?: 'band'
}

export interface LineSource {
  readonly samples: Samples
  /** The workers that live. */
  readonly workers: readonly Pick<LiveWorker, 'key' | 'workerId' | 'instance'>[]
}

/**
 * A line per worker, with ended workers where the plot has room. Of many workers, the highest, the
 * middle and the lowest value at each time: nobody tells 64 lines apart.
 */
export function workerLines(
  { samples, workers }: LineSource,
  field: keyof LiveWorkerColumns,
): readonly Line[] {
  const live = new Map(workers.map((worker) => [worker.key, nameOf(worker)]))
  const keys = Object.keys(samples.workers)
  const lasting = keys.filter((key) => live.has(key))
  if (lasting.length > livePageLimits.lines) {
    return spread(
      samples.times.length,
      lasting.map((key) => samples.workers[key]?.[field] ?? []),
    )
  }
  const ended = keys.filter((key) => !live.has(key))
  const room = livePageLimits.lines - lasting.length
  const shown = room === 0 ? lasting : [...lasting, ...ended.slice(-room)]
  return shown.map((key, index) => ({
    key,
    name: live.get(key) ?? `${workerName(key)}, ended`,
    values: samples.workers[key]?.[field] ?? [],
    color: colorOf(key, index),
  }))
}

function nameOf({ instance, workerId }: LineSource['workers'][number]): string {
  return instance === null ? workerName(workerId) : `${instance} ${workerName(workerId)}`
}

/** A worker keeps its color when other workers end. */
function colorOf(key: string, index: number): number {
  const fork = /worker_(\d+)_/.exec(key)?.[1]
  return (fork === undefined ? index : Number(fork) - 1) % 8
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
    { key: 'highest', name: 'highest worker', values: highest, color: 3, fill: 'band' },
    { key: 'median', name: 'median', values: middle, color: 0, fill: 'band' },
    { key: 'lowest', name: 'lowest', values: lowest, color: 1 },
  ]
}

function valuesAt(columns: readonly LiveColumn[], index: number): number[] {
  const values = columns.flatMap((column) => column[index] ?? [])
  return values.sort((one, other) => one - other)
}
