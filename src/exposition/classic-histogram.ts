import { expositionLimits } from '../limits/exposition.ts'
import { bucketBound, narrowed } from '../model/exponential.ts'
import type { ExponentialBuckets, ExponentialValue, HistogramValue } from '../model/metric.ts'

/** An exponential histogram as one of explicit bounds, which need not be those it has next time. */
export interface ClassicHistogram {
  /** Ascending, without +Inf: the bounds of all buckets from the lowest to the highest that hold something. */
  readonly bounds: readonly number[]
  readonly value: HistogramValue
}

/**
 * Prometheus text has no other. Bounds of a smaller scale are among those of a larger one, so when the range
 * grows and the scale falls, the series of a bound that stays goes on. A negative value that is exactly
 * a bound counts as above it: so it is in OTel's buckets, and nothing else is known of it.
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
    // Too small for a double: what is below it is told at the next bound.
    buckets.add(bound < 0 ? bound : Number.NaN, counts[index] as number)
  }
}

/** The lower bound of the lowest bucket too: a quantile would else be sought between it and 0. */
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

/** Puts counts at ascending bounds; what a bound of no use to Prometheus would hold goes into the next. */
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
