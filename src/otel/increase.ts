import type { DataPoint, ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics'
import { subtractExponential } from '../model/exponential.ts'
import { countOf } from '../model/merging/merged-value.ts'
import { readExponential } from './from-otel.ts'
import { exponentialOf } from './to-otel.ts'

type Value = number | Histogram | ExponentialHistogram
export type AnyPoint = DataPoint<Value>

/** The receiver's last value of a series. */
export interface Accepted {
  readonly value: Value
  readonly at: AnyPoint['endTime']
}

export function isIncrease(accepted: Accepted | undefined, { value }: AnyPoint): boolean {
  if (!accepted) return true
  const { value: before } = accepted
  return countOf(value) !== countOf(before) || sumOf(value) !== sumOf(before)
}

/** Returns no point without an increase, and the whole point after a reset of the series. */
export function increase(accepted: Accepted, point: AnyPoint): AnyPoint[] {
  if (!isIncrease(accepted, point)) return []
  const { value } = point
  const { value: before, at } = accepted
  // A receiver refuses a delta that begins before the end of the last delta.
  if (countOf(value) < countOf(before)) return [{ ...point, startTime: later(point.startTime, at) }]
  return [{ ...point, startTime: at, value: difference(value, before) }]
}

function later(one: AnyPoint['startTime'], other: AnyPoint['startTime']): AnyPoint['startTime'] {
  return one[0] > other[0] || (one[0] === other[0] && one[1] > other[1]) ? one : other
}

function difference(value: Value, before: Value): Value {
  if (typeof value === 'number') return value - (before as number)
  if ('scale' in value) {
    const earlier = readExponential(before as ExponentialHistogram)
    return exponentialOf(subtractExponential(readExponential(value), earlier))
  }
  const { count, sum, buckets } = before as Histogram
  return {
    count: value.count - count,
    sum: (value.sum ?? 0) - (sum ?? 0),
    buckets: {
      boundaries: value.buckets.boundaries,
      counts: value.buckets.counts.map((each, index) => each - (buckets.counts[index] ?? 0)),
    },
  }
}

function sumOf(value: Value): number {
  return typeof value === 'number' ? value : (value.sum ?? 0)
}
