import type { HistogramValue } from '../../model/metric.ts'

/** An explicit-bucket histogram without attributes, cheap enough for the request path. */
export class HistogramCell {
  readonly bounds: readonly number[]
  readonly #counts: Float64Array
  #sum = 0
  #count = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  record(value: number): void {
    // As in the SDK. One NaN makes the sum NaN for ever, and a negative value lowers the sum.
    if (!(value >= 0)) return
    const { bounds } = this
    // A linear search from the first bound: almost every request falls into one of the first
    // buckets.
    let index = 0
    while (index < bounds.length && value > (bounds[index] as number)) index += 1
    this.#counts[index] = (this.#counts[index] as number) + 1
    this.#sum += value
    this.#count += 1
  }

  get count(): number {
    return this.#count
  }

  get sum(): number {
    return this.#sum
  }

  /** The live counts by bucket, not a copy. */
  get counts(): Float64Array {
    return this.#counts
  }

  read(): HistogramValue {
    return { count: this.#count, sum: this.#sum, counts: Array.from(this.#counts) }
  }
}
