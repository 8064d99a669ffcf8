import { subtractExponential } from '../../model/exponential.ts'
import { Distribution } from '../../model/live/distribution.ts'
import type { Descriptor, Value } from '../../model/metric.ts'

/** A histogram at one moment. */
export interface Histogram {
  readonly bounds: Descriptor['bounds']
  readonly value: Exclude<Value, number>
}

/** Undefined for a metric that is no histogram. */
export function histogramOf({ bounds }: Descriptor, value: Value): Histogram | undefined {
  return typeof value === 'number' ? undefined : { bounds, value }
}

/**
 * The values added to a histogram since an earlier moment. All values, if the earlier histogram
 * has other buckets or more values: the counts began again.
 */
export function increaseOf(now: Histogram, before: Histogram | undefined): Histogram {
  const { bounds, value } = now
  if (before === undefined || before.value.count > value.count) return now
  const earlier = before.value
  if ('scale' in value) {
    return 'scale' in earlier ? { bounds, value: subtractExponential(value, earlier) } : now
  }
  if ('scale' in earlier || earlier.counts.length !== value.counts.length) return now
  return {
    bounds,
    value: {
      count: value.count - earlier.count,
      sum: value.sum - earlier.sum,
      counts: value.counts.map((count, index) => Math.max(0, count - (earlier.counts[index] ?? 0))),
    },
  }
}

export function addTo(distribution: Distribution, { bounds = [], value }: Histogram): void {
  if ('scale' in value) distribution.addExponential(value)
  else distribution.addHistogram(value, bounds)
}

/**
 * About the longest of the values: the mean, if all values are in the first bucket. Otherwise, the
 * mean of the highest bucket, as far as the sum tells. Null without values.
 */
export function longestOf({ bounds = [], value }: Histogram): number | null {
  const { count, sum } = value
  if (count <= 0) return null
  if ('scale' in value) {
    const distribution = new Distribution()
    distribution.addExponential(value)
    return distribution.quantiles([1])[0] ?? null
  }
  const top = value.counts.findLastIndex((each) => each > 0)
  if (top <= 0) return Math.max(0, sum / count)
  const lower = bounds[top - 1] ?? 0
  const upper = bounds[top] ?? Number.POSITIVE_INFINITY
  return Math.min(upper, Math.max(lower, sum / (value.counts[top] ?? 1)))
}
