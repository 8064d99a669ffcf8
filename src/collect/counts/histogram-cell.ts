import type { HistogramValue } from '../../model/metric.ts'

/**
 * An explicit-bucket histogram without attributes, cheap enough for the request path. All numbers
 * are in one array, because separate places in memory cause more cache misses in a busy server.
 */
export class HistogramCell {
  readonly bounds: readonly number[]
  /** The number of bounds. */
  readonly #size: number
  /** The bounds, then the sum, then the counts by bucket. */
  readonly #values: Float64Array
  /** The live sum and the live counts by bucket, not a copy. */
  readonly totals: Float64Array

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.#size = bounds.length
    this.#values = new Float64Array(2 * bounds.length + 2)
    this.#values.set(bounds)
    this.totals = this.#values.subarray(bounds.length)
  }

  record(value: number): void {
    // As in the SDK. One NaN makes the sum NaN for ever, and a negative value lowers the sum.
    if (!(value >= 0)) return
    const size = this.#size
    const values = this.#values
    // A linear search from the first bound: almost every request falls into one of the first
    // buckets.
    let index = 0
    while (index < size && value > (values[index] as number)) index += 1
    values[size] = (values[size] as number) + value
    const bucket = size + 1 + index
    values[bucket] = (values[bucket] as number) + 1
  }

  get sum(): number {
    return this.totals[0] as number
  }

  get count(): number {
    let count = 0
    for (let index = 1; index < this.totals.length; index += 1) {
      count += this.totals[index] as number
    }
    return count
  }

  read(): HistogramValue {
    return { count: this.count, sum: this.sum, counts: Array.from(this.totals.subarray(1)) }
  }
}
