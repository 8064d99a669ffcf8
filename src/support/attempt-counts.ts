import { nodeClock } from './clock.ts'

export type AttemptResult = 'success' | 'failure'

/** Counts repeated attempts by result, with their times and the last error. */
export class AttemptCounts {
  readonly #counts = new Map<AttemptResult, number>([
    ['success', 0],
    ['failure', 0],
  ])
  readonly #now: () => number
  #seconds = 0
  #succeededAt: number | undefined
  /** Milliseconds of the monotonic clock. Before the first success, the time of the creation. */
  #freshAt: number
  #failedAt: number | undefined
  #error: string | undefined

  constructor(now: () => number = nodeClock.now) {
    this.#now = now
    this.#freshAt = now()
  }

  get counts(): ReadonlyMap<AttemptResult, number> {
    return this.#counts
  }

  get successes(): number {
    return this.#counts.get('success') ?? 0
  }

  get failures(): number {
    return this.#counts.get('failure') ?? 0
  }

  /** Duration of all attempts. */
  get seconds(): number {
    return this.#seconds
  }

  /** Unix milliseconds; undefined before the first success. */
  get succeededAt(): number | undefined {
    return this.#succeededAt
  }

  /** Time since the last success, or since the creation, by the monotonic clock. */
  get ageSeconds(): number {
    return (this.#now() - this.#freshAt) / 1_000
  }

  /** Unix milliseconds; undefined before the first failure. */
  get failedAt(): number | undefined {
    return this.#failedAt
  }

  /** Text of the last failure; undefined after a success. */
  get error(): string | undefined {
    return this.#error
  }

  /** @param error text of the failure; undefined for a success. */
  add(seconds: number, error: string | undefined): void {
    const result = error === undefined ? 'success' : 'failure'
    this.#counts.set(result, (this.#counts.get(result) ?? 0) + 1)
    this.#seconds += seconds
    this.#error = error
    if (error === undefined) this.#freshAt = this.#now()
    // Unix time, because a status shows the time to a person.
    if (error === undefined) this.#succeededAt = Date.now()
    else this.#failedAt = Date.now()
  }
}
