import { otelLimits } from '../../limits/otel.ts'
import { maxScale, minScale } from '../../model/exponential.ts'
import type { ExponentialBuckets, ExponentialValue } from '../../model/metric.ts'
import { isIntegerBetween, isNaturalNumber } from '../../support/guards.ts'

/**
 * Undefined if the buckets do not add up to `count`, if there are too many buckets, or if a count
 * is outside of all numbers.
 */
export function checkedExponential(value: ExponentialValue): ExponentialValue | undefined {
  const { count, scale, zeroCount, positive, negative } = value
  if (!isNaturalNumber(count) || !isNaturalNumber(zeroCount)) return undefined
  if (!isIntegerBetween(scale, minScale, maxScale)) return undefined
  for (const side of [positive, negative]) {
    if (!areBuckets(side) || !areNumbers(side, scale)) return undefined
  }
  return zeroCount + total(positive) + total(negative) === count ? value : undefined
}

/** OTLP has 32 bits for an offset. */
const maxOffset = 2 ** 31

function areBuckets({ offset, counts }: ExponentialBuckets): boolean {
  if (!isIntegerBetween(offset, -maxOffset, maxOffset)) return false
  return counts.length <= otelLimits.exponentialBuckets && counts.every(isNaturalNumber)
}

/**
 * Whether the values of all counts fit a double, from 2^-1074 to below 2^1024. The sum with a
 * bucket further away would need a scale below `minScale`, which no reader accepts.
 */
function areNumbers({ offset, counts }: ExponentialBuckets, scale: number): boolean {
  const first = counts.findIndex((count) => count > 0)
  if (first < 0) return true
  const last = counts.findLastIndex((count) => count > 0)
  const bucketsPerPower = 2 ** scale
  return offset + first >= -1_076 * bucketsPerPower - 1 && offset + last <= 1_024 * bucketsPerPower
}

function total({ counts }: ExponentialBuckets): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
