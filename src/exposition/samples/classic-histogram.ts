import { expositionLimits } from '../../limits/exposition.ts'
import { bucketBound, narrowed } from '../../model/exponential.ts'
import type { ExponentialBuckets, ExponentialValue, HistogramValue } from '../../model/metric.ts'

/** An exponential histogram with explicit bounds. The bounds can change with each recording. */
export interface ClassicHistogram {
  /** Ascending, without +Inf, from the lowest to the highest bucket with a count. */
  readonly bounds: readonly number[]
  readonly value: HistogramValue
}

/**
 * Prometheus text has only explicit bounds. The bounds of a smaller scale are also bounds of a
 * larger scale. When the range grows and the scale falls, the series of the remaining bounds
 * therefore continue. A negative value that equals a bound counts as above this bound, as in
 * OTel's buckets.
 */
export function classicHistogram(histogram: ExponentialValue): ClassicHistogram {
  const sides = [histogram.positive, histogram.negative].filter(({ counts }) => counts.length > 0)
  const shown = narrowed(
    histogram,
    Math.floor(expositionLimits.shownBuckets / Math.max(1, sides.length)),
  )
  const buckets = new Buckets()
  addNegative(buckets, shown.negative, shown.scale)
  if (shown.zeroCount > 0) buckets.add(0, shown.zeroCount)
  addPositive(buckets, shown.positive, shown.scale)
  const { count, sum } = histogram
  return { bounds: buckets.bounds, value: { count, sum, counts: buckets.counts() } }
}

function addNegative(
  buckets: Buckets,
  { offset, counts }: ExponentialBuckets,
  scale: number,
): void {
  if (counts.length === 0) return
  buckets.add(-bucketBound(offset + counts.length, scale), 0)
  for (let index = counts.length - 1; index >= 0; index -= 1) {
    const bound = -bucketBound(offset + index, scale)
    // A bound too small for a double becomes -0. The next bound then includes its count.
    buckets.add(bound < 0 ? bound : Number.NaN, counts[index] as number)
  }
}

/**
 * Starts at the lower bound of the lowest bucket. Without this bound, Prometheus interpolates
 * quantiles of that bucket from 0.
 */
function addPositive(
  buckets: Buckets,
  { offset, counts }: ExponentialBuckets,
  scale: number,
): void {
  if (counts.length === 0) return
  buckets.add(bucketBound(offset, scale), 0)
  for (const [index, count] of counts.entries()) {
    buckets.add(bucketBound(offset + index + 1, scale), count)
  }
}

/** Counts at ascending bounds. The count of a bound that Prometheus cannot use joins the next. */
class Buckets {
  readonly bounds: number[] = []
  readonly #counts: number[] = []
  #last = Number.NEGATIVE_INFINITY
  #pending = 0

  add(bound: number, count: number): void {
    this.#pending += count
    if (!Number.isFinite(bound) || !(bound > this.#last)) return
    this.bounds.push(bound)
    this.#counts.push(this.#pending)
    this.#last = bound
    this.#pending = 0
  }

  counts(): number[] {
    return [...this.#counts, this.#pending]
  }
}
