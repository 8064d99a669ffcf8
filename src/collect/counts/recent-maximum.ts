/** The parts of a sliding window. The window covers all parts but the one that begins. */
export interface WindowParts {
  readonly parts: number
  readonly partMs: number
}

/**
 * The largest value of a sliding window; at least 0. A value stays for `parts - 1` parts at least,
 * and for `parts` parts at most.
 */
export class RecentMaximum {
  readonly #partMs: number
  /** The largest value of each part. The newest part overwrites the oldest part. */
  readonly #maxima: Float64Array
  #part: number

  /** @param now milliseconds of a monotonic clock, as for the other calls. */
  constructor({ parts, partMs }: WindowParts, now: number) {
    this.#partMs = partMs
    this.#maxima = new Float64Array(parts)
    this.#part = Math.floor(now / partMs)
  }

  add(value: number, now: number): void {
    this.#advance(now)
    const index = this.#part % this.#maxima.length
    this.#maxima[index] = Math.max(this.#maxima[index] as number, value)
  }

  read(now: number): number {
    this.#advance(now)
    return Math.max(...this.#maxima)
  }

  #advance(now: number): void {
    const part = Math.floor(now / this.#partMs)
    const first = Math.max(this.#part + 1, part - this.#maxima.length + 1)
    for (let next = first; next <= part; next += 1) this.#maxima[next % this.#maxima.length] = 0
    this.#part = Math.max(this.#part, part)
  }
}
