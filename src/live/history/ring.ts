/** The last samples of one figure. NaN: the sample has no value. */
export class Ring {
  readonly #values: Float64Array
  readonly #rounding: (value: number) => number

  constructor(capacity: number, rounding: (value: number) => number = rounded) {
    this.#rounding = rounding
    this.#values = new Float64Array(capacity).fill(Number.NaN)
  }

  /** @param sample the number of a sample; 1 for the first sample. */
  set(sample: number, value: number | null): void {
    const kept = value === null ? Number.NaN : this.#rounding(value)
    this.#values[(sample - 1) % this.#values.length] = kept
  }

  clear(): void {
    this.#values.fill(Number.NaN)
  }

  /** The samples from one number to another, both included; at most the capacity. */
  between(first: number, last: number): (number | null)[] {
    const count = Math.max(0, last - first + 1)
    return Array.from({ length: count }, (_, index) => {
      const value = this.#values[(first + index - 1) % this.#values.length]
      return value === undefined || Number.isNaN(value) ? null : value
    })
  }
}

/** Four digits: more digits do not show in a plot, and make the document longer. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

export function roundedOrNull(value: number | null): number | null {
  return value === null ? null : rounded(value)
}
