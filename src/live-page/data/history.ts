import type {
  LiveColumn,
  LiveHistory,
  LiveStatusClass,
  LiveWorkerColumns,
} from '../../model/live/live-document.ts'

/** The samples that the page has, as long as the exporter's rings. */
export type Samples = LiveHistory

/** Adds the samples of an answer to the known samples. Starts anew with another process. */
export function mergedHistory(known: Samples | undefined, next: LiveHistory): Samples {
  const count = next.times.length
  if (known === undefined || known.epoch !== next.epoch) return started(next)
  const fresh = next.last - known.last
  if (fresh <= 0) return fresh < 0 ? started(next) : known
  // Samples between the known ones and the answer are missing: a line over the gap would be wrong.
  if (fresh > count) return started(next)
  return joined(known, next, count - fresh)
}

/** The number for `?since=`: 0 asks for all samples. */
export function sinceOf(samples: Samples | undefined): number {
  return samples?.last ?? 0
}

/** An answer to another process's numbers leaves out samples: the next request asks for all. */
function started(next: LiveHistory): Samples {
  const isWhole = next.times.length >= Math.min(next.last, next.capacity)
  return isWhole ? next : { ...next, last: 0 }
}

function joined(known: Samples, next: LiveHistory, skipped: number): Samples {
  const join: Join = (old, fresh) => [...old, ...fresh.slice(skipped)].slice(-next.capacity)
  const rate = (each: LiveStatusClass): (number | null)[] =>
    join(known.rates[each], next.rates[each])
  return {
    ...next,
    times: join(known.times, next.times) as number[],
    rates: {
      '1xx': rate('1xx'),
      '2xx': rate('2xx'),
      '3xx': rate('3xx'),
      '4xx': rate('4xx'),
      '5xx': rate('5xx'),
      none: rate('none'),
    },
    p50: join(known.p50, next.p50),
    p95: join(known.p95, next.p95),
    p99: join(known.p99, next.p99),
    workers: joinedWorkers({ known, next, join }),
  }
}

type Join = (old: LiveColumn, fresh: LiveColumn) => (number | null)[]

interface Joined {
  readonly known: Samples
  readonly next: LiveHistory
  readonly join: Join
}

/** The exporter decides which ended workers stay: it sends the columns of no other worker. */
function joinedWorkers({ known, next, join }: Joined): Samples['workers'] {
  const absent = blank(known.times.length)
  const entries = Object.entries(next.workers).map(([key, fresh]) => {
    const old = Object.hasOwn(known.workers, key) ? known.workers[key] : undefined
    return [key, joinedColumns(old ?? absent, fresh, join)] as const
  })
  return Object.fromEntries(entries)
}

function joinedColumns(
  old: LiveWorkerColumns,
  fresh: LiveWorkerColumns,
  join: Join,
): LiveWorkerColumns {
  return {
    requestsPerSecond: join(old.requestsPerSecond, fresh.requestsPerSecond),
    loopDelay: join(old.loopDelay, fresh.loopDelay),
    cpuPercent: join(old.cpuPercent, fresh.cpuPercent),
    memory: join(old.memory, fresh.memory),
    heap: join(old.heap, fresh.heap),
  }
}

function blank(length: number): LiveWorkerColumns {
  const column = new Array<null>(length).fill(null)
  return {
    requestsPerSecond: column,
    loopDelay: column,
    cpuPercent: column,
    memory: column,
    heap: column,
  }
}
