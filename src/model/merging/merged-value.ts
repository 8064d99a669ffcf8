import { otelLimits } from '../../limits/otel.ts'
import { addExponential } from '../exponential.ts'
import type { Value } from '../metric.ts'

type Histogram = Exclude<Value, number>

/**
 * The sum, or `left` where the sum is no longer exact: readers refuse a count above the safe
 * integers, and OTLP cannot carry it. Only forged values are so large.
 */
export function add(left: Value, right: Value): Value {
  if (typeof left === 'number') return typeof right === 'number' ? finiteSum(left, right) : left
  if (typeof right === 'number') return left
  const total = addHistograms(left, right)
  if (!total || !Number.isSafeInteger(total.count)) return left
  if (Number.isFinite(total.sum)) return total
  return { ...total, sum: finiteSum(left.sum, right.sum) }
}

/** The higher of two values. Of histograms, the histogram with more values. */
export function higher(known: Value | undefined, other: Value): Value {
  if (known === undefined) return other
  return countOf(other) > countOf(known) || Number.isNaN(known) ? other : known
}

/** The number, or the number of values of a histogram. */
export function countOf(value: number | Pick<Histogram, 'count'>): number {
  return typeof value === 'number' ? value : value.count
}

/** The sum, or `left` where the sum is outside of all numbers. */
export function finiteSum(left: number, right: number): number {
  const sum = left + right
  const isOverflow = !Number.isFinite(sum) && Number.isFinite(left) && Number.isFinite(right)
  return isOverflow ? left : sum
}

/** Undefined for histograms of two kinds. */
function addHistograms(left: Histogram, right: Histogram): Histogram | undefined {
  if ('scale' in left) {
    return 'scale' in right ? addExponential(left, right, otelLimits.exponentialBuckets) : undefined
  }
  if ('scale' in right) return undefined
  return {
    count: left.count + right.count,
    sum: left.sum + right.sum,
    counts: left.counts.map((count, index) => count + (right.counts[index] ?? 0)),
  }
}
