export type AttemptResult = 'success' | 'failure'

/** Counts repeated attempts by result, with their times and the last error. */
export class AttemptCounts {
  readonly #counts = new Map<AttemptResult, number>([
    ['success', 0],
    ['failure', 0],
  ])
  #seconds = 0
  #succeededAt: number | undefined
  #failedAt: number | undefined
  #error: string | undefined

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
    if (error === undefined) this.#succeededAt = Date.now()
    else this.#failedAt = Date.now()
  }
}
