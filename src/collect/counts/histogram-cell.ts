import type { HistogramValue } from '../../model/metric.ts'
import type { CountedSeries, CountPlaces } from './count-places.ts'
import { moved } from './count-places.ts'

/** An explicit-bucket histogram without attributes, cheap enough for the request path. */
export class HistogramCell {
  readonly bounds: readonly number[]
  /** Shared by all histograms with these bounds: a busy server has fewer cache misses. */
  readonly #edges: Float64Array
  #totals: Float64Array
  /** `#totals`, or `CountPlaces.all`: the cells of a process then share this object. */
  #numbers: Float64Array
  /** Index of the sum in `#numbers`. The counts by bucket follow. */
  #at = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.#edges = edgesOf(bounds)
    this.#totals = new Float64Array(bounds.length + 2)
    this.#numbers = this.#totals
  }

  record(value: number): void {
    // As in the SDK. One NaN makes the sum NaN for ever, and a negative value lowers the sum.
    if (!(value >= 0)) return
    const edges = this.#edges
    const size = edges.length
    const numbers = this.#numbers
    const at = this.#at
    // A linear search from the first bound: almost every request falls into one of the first
    // buckets.
    let index = 0
    while (index < size && value > (edges[index] as number)) index += 1
    // The count first: a worker that dies in between leaves no sum without a count.
    const bucket = at + 1 + index
    numbers[bucket] = (numbers[bucket] as number) + 1
    numbers[at] = (numbers[at] as number) + value
  }

  /** Moves the numbers to a place that the primary can read. */
  moveTo(places: CountPlaces | undefined, series: Omit<CountedSeries, 'bounds'>): void {
    this.#totals = moved(this.#totals, { ...series, bounds: this.bounds }, places)
    const { all } = places ?? {}
    const isInside = all !== undefined && all.buffer === this.#totals.buffer
    this.#numbers = isInside ? all : this.#totals
    this.#at = isInside ? this.#totals.byteOffset / Float64Array.BYTES_PER_ELEMENT : 0
  }

  /** The live sum and the live counts by bucket, not a copy. */
  get totals(): Float64Array {
    return this.#totals
  }

  get sum(): number {
    return this.#totals[0] as number
  }

  get count(): number {
    const totals = this.#totals
    let count = 0
    for (let index = 1; index < totals.length; index += 1) count += totals[index] as number
    return count
  }

  read(): HistogramValue {
    return { count: this.count, sum: this.sum, counts: Array.from(this.#totals.subarray(1)) }
  }
}

const known = new WeakMap<readonly number[], Float64Array>()

function edgesOf(bounds: readonly number[]): Float64Array {
  const edges = known.get(bounds) ?? Float64Array.from(bounds)
  known.set(bounds, edges)
  return edges
}
