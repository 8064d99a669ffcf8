import { randomUUID } from 'node:crypto'
import { liveLimits } from '../../limits/tools/live.ts'
import type { LiveHistory, LiveStatusClass } from '../../model/live/live-document.ts'
import { Ring } from './ring.ts'
import { WorkerColumns, type WorkerSample } from './worker-columns.ts'

export const statusClasses: readonly LiveStatusClass[] = ['1xx', '2xx', '3xx', '4xx', '5xx', 'none']

/** The figures of one sample. */
export interface Sample {
  /** Unix milliseconds. */
  readonly time: number
  /** Per second, in the order of `statusClasses`; null: unknown. */
  readonly rates: readonly number[] | null
  readonly quantiles: readonly (number | null)[]
  readonly workers: ReadonlyMap<string, WorkerSample>
}

/** Overrides of the limits, for tests. */
export interface HistoryOptions {
  readonly capacity?: number
  readonly workers?: number
}

/** The last samples, in memory of a fixed size. */
export class History {
  readonly #capacity: number
  #epoch: string = randomUUID()
  #lastTime = Number.NEGATIVE_INFINITY
  readonly #times: Ring
  readonly #rates: readonly Ring[]
  readonly #quantiles: readonly [Ring, Ring, Ring]
  readonly #workerLimit: number
  #workers: WorkerColumns
  #last = 0

  constructor(options: HistoryOptions = {}) {
    const { capacity = liveLimits.samples, workers = liveLimits.workers } = options
    this.#capacity = capacity
    const ring = (): Ring => new Ring(capacity)
    this.#times = new Ring(capacity, exact)
    this.#rates = statusClasses.map(ring)
    this.#quantiles = [ring(), ring(), ring()]
    this.#workerLimit = workers
    this.#workers = new WorkerColumns({ capacity, workers })
  }

  /** Number of the last sample; 0 before the first sample. */
  get last(): number {
    return this.#last
  }

  /** Starts anew when the system's clock was set back: times on a plot have to grow. */
  add({ time, rates, quantiles, workers }: Sample): void {
    if (time < this.#lastTime) this.#startAnew()
    this.#lastTime = time
    this.#last += 1
    this.#times.set(this.#last, time)
    for (const [index, ring] of this.#rates.entries()) ring.set(this.#last, rates?.[index] ?? null)
    for (const [index, ring] of this.#quantiles.entries())
      ring.set(this.#last, quantiles[index] ?? null)
    this.#workers.write(this.#last, workers)
  }

  #startAnew(): void {
    this.#epoch = randomUUID()
    this.#last = 0
    this.#workers = new WorkerColumns({ capacity: this.#capacity, workers: this.#workerLimit })
  }

  /**
   * The number after which a client gets samples.
   * @param since number of the client's last sample. A number that is too old, or that this history
   * has not reached, stands for 0.
   */
  startFor(since: number): number {
    return since <= this.#last && this.#last - since <= liveLimits.freshSamples ? since : 0
  }

  /** The samples after one number. */
  after(since: number): LiveHistory {
    const last = this.#last
    const first = Math.max(since + 1, last - this.#capacity + 1, 1)
    const column = (ring: Ring): (number | null)[] => ring.between(first, last)
    const [p50, p95, p99] = this.#quantiles
    const rates = statusClasses.map((name, index) => [name, column(this.#rates[index] ?? p50)])
    return {
      stepSeconds: liveLimits.stepMs / 1_000,
      capacity: this.#capacity,
      last,
      epoch: this.#epoch,
      times: column(this.#times).map((time) => time ?? 0),
      rates: Object.fromEntries(rates),
      p50: column(p50),
      p95: column(p95),
      p99: column(p99),
      workers: this.#workers.between(first, last),
    }
  }
}

function exact(time: number): number {
  return Math.round(time)
}
