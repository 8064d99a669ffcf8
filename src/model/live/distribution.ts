import { bucketBound } from '../exponential.ts'
import type { ExponentialBuckets, ExponentialValue, HistogramValue } from '../metric.ts'

interface Bucket {
  readonly lower: number
  count: number
}

/** Values of a histogram, or of several histograms with any buckets. */
export class Distribution {
  /** By upper bound. */
  readonly #buckets = new Map<number, Bucket>()

  /** Adds the values of a histogram. @param bounds upper bounds without +Inf, ascending. */
  addHistogram({ counts }: HistogramValue, bounds: readonly number[]): void {
    for (const [index, count] of counts.entries()) {
      const lower = index === 0 ? Math.min(0, bounds[0] ?? 0) : (bounds[index - 1] ?? 0)
      this.#add(lower, bounds[index] ?? Number.POSITIVE_INFINITY, count)
    }
  }

  addExponential({ scale, zeroCount, positive, negative }: ExponentialValue): void {
    this.#add(0, 0, zeroCount)
    for (const [low, high, count] of ranges(positive, scale)) this.#add(low, high, count)
    for (const [low, high, count] of ranges(negative, scale)) this.#add(-high, -low, count)
  }

  /** Adds the buckets of a Prometheus histogram: counts of values up to each upper bound. */
  addCumulative(buckets: ReadonlyMap<number, number>): void {
    let [lower, below] = [0, 0]
    for (const [upper, count] of [...buckets].sort(([one], [other]) => one - other)) {
      this.#add(lower, upper, count - below)
      lower = upper
      below = count
    }
  }

  addAll(other: Distribution): void {
    for (const [upper, { lower, count }] of other.#buckets) this.#add(lower, upper, count)
  }

  /**
   * The quantiles, by linear interpolation within a bucket as Prometheus does. Null without values.
   * @param ranks between 0 and 1.
   */
  quantiles(ranks: readonly number[]): (number | null)[] {
    const buckets = [...this.#buckets].sort(([one], [other]) => one - other)
    const total = buckets.reduce((sum, [, { count }]) => sum + count, 0)
    return ranks.map((rank) => (total > 0 ? quantile(buckets, rank * total) : null))
  }

  #add(lower: number, upper: number, count: number): void {
    if (!(count > 0)) return
    const known = this.#buckets.get(upper)
    if (known) known.count += count
    else this.#buckets.set(upper, { lower, count })
  }
}

function quantile(buckets: readonly (readonly [number, Bucket])[], wanted: number): number {
  let passed = 0
  for (const [upper, { lower, count }] of buckets) {
    if (passed + count >= wanted) {
      return upper === Number.POSITIVE_INFINITY
        ? lower
        : lower + (upper - lower) * Math.max(0, (wanted - passed) / count)
    }
    passed += count
  }
  return buckets.at(-1)?.[1].lower ?? 0
}

function* ranges(
  { offset, counts }: ExponentialBuckets,
  scale: number,
): Iterable<readonly [low: number, high: number, count: number]> {
  for (const [index, count] of counts.entries()) {
    const at = offset + index
    yield [bucketBound(at, scale), bucketBound(at + 1, scale), count]
  }
}
