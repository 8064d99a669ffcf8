/** Allows a few lines in each period. */
export class LineBudget {
  readonly #lines: number
  readonly #periodMs: number
  /** Times of the last lines; at most `lines`. */
  #times: number[] = []

  /** @param periodMs milliseconds. */
  constructor(lines: number, periodMs: number) {
    this.#lines = lines
    this.#periodMs = periodMs
  }

  /**
   * Takes a line.
   * @param now milliseconds of a clock that never goes back.
   * @returns 0 if the line may be printed; else the time until the next line may be printed.
   */
  take(now: number): number {
    this.#times = this.#times.filter((time) => time > now - this.#periodMs)
    const [oldest = now] = this.#times
    if (this.#times.length >= this.#lines) return oldest + this.#periodMs - now
    this.#times.push(now)
    return 0
  }
}
