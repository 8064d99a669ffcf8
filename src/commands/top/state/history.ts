import { liveReadLimits } from '../../../limits/tools/live.ts'
import type { LiveColumn, LiveHistory } from '../../../model/live/live-document.ts'
import { sumOf } from '../source/increases.ts'

type Values = (number | null)[]

/** The samples of all readings, oldest first, within bounds. */
export class History {
  #epoch: string | undefined
  #last = 0
  #requests: Values = []
  #errors: Values = []
  #p95: Values = []
  #workers = new Map<string, Values>()

  get requests(): LiveColumn {
    return this.#requests
  }

  get errors(): LiveColumn {
    return this.#errors
  }

  get p95(): LiveColumn {
    return this.#p95
  }

  /** Requests per second of a worker. */
  worker(workerId: string): LiveColumn {
    return this.#workers.get(workerId) ?? []
  }

  /** Forgets everything, for the history of another instance. */
  clear(): void {
    this.#epoch = undefined
    this.#last = 0
    this.#requests = []
    this.#errors = []
    this.#p95 = []
    this.#workers = new Map()
  }

  /** Adds the samples that are new. After another epoch, all samples are new. */
  add(history: LiveHistory): void {
    if (history.epoch !== this.#epoch || history.last < this.#last) this.clear()
    this.#epoch = history.epoch
    const given = history.times.length
    const news = Math.min(given, Math.max(0, history.last - this.#last))
    this.#last = history.last
    const { rates } = history
    this.#requests = added(this.#requests, sums(Object.values(rates), given), news)
    this.#errors = added(this.#errors, sums([rates['5xx'], rates.none], given), news)
    this.#p95 = added(this.#p95, history.p95, news)
    this.#addWorkers(history, news)
  }

  #addWorkers({ workers }: LiveHistory, news: number): void {
    if (news === 0) return
    const before = this.#workers
    // A worker without new samples has ended.
    this.#workers = new Map(
      Object.entries(workers)
        .slice(0, liveReadLimits.historyWorkers)
        .map(([id, columns]) => [id, added(before.get(id) ?? [], columns.requestsPerSecond, news)]),
    )
  }
}

function added(before: Values, column: LiveColumn, news: number): Values {
  const last = news === 0 ? [] : column.slice(-news)
  return [...before, ...last].slice(-liveReadLimits.samples)
}

/** The sum of the columns, sample by sample. */
function sums(columns: readonly LiveColumn[], length: number): Values {
  return Array.from({ length }, (_, index) => sumOf(columns.map((each) => each[index] ?? null)))
}
