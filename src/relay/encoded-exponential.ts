import { otelLimits } from '../limits/otel.ts'
import { maxScale, minScale } from '../model/exponential.ts'
import type { ExponentialBuckets, ExponentialValue } from '../model/metric.ts'
import { isIntegerBetween, isNaturalNumber } from '../support/guards.ts'
import { decodeNumber, encodeNumber } from './encoded-number.ts'

type Encoded = readonly (number | string)[]

/**
 * Returns `[count, sum, scale, zeroCount, min, max, ...positive, ...negative]`.
 *
 * - `positive`: the offset of the buckets, the number of buckets, and one count per bucket.
 * - `negative`: the offset of the buckets, and one count per bucket.
 * - `min` and `max`: `NaN` for an unknown value.
 */
export function encodeExponential(value: ExponentialValue): Encoded {
  const { count, sum, scale, zeroCount, positive, negative } = value
  const [min, max] = [encodeNumber(value.min ?? Number.NaN), encodeNumber(value.max ?? Number.NaN)]
  const sides = [positive.offset, positive.counts.length, ...positive.counts, negative.offset]
  return [count, encodeNumber(sum), scale, zeroCount, min, max, ...sides, ...negative.counts]
}

/**
 * Returns undefined if the buckets do not add up to `count`, if there are too many buckets, or if a
 * count is outside of all numbers.
 */
export function decodeExponential(encoded: Encoded): ExponentialValue | undefined {
  const [count, , scale, zeroCount, , , positiveOffset, length, ...rest] = encoded
  const [sum, min, max] = [encoded[1], encoded[4], encoded[5]].map(decodeNumber)
  if (sum === undefined || min === undefined || max === undefined) return undefined
  if (
    !isNaturalNumber(count) ||
    !isNaturalNumber(zeroCount) ||
    !isNaturalNumber(length) ||
    !isScale(scale)
  )
    return undefined
  const positive = bucketsOf(positiveOffset, rest.slice(0, length))
  const negative = bucketsOf(rest[length], rest.slice(length + 1))
  if (!positive || !negative || positive.counts.length < length) return undefined
  if (!areNumbers(positive, scale) || !areNumbers(negative, scale)) return undefined
  if (zeroCount + total(positive) + total(negative) !== count) return undefined
  return { count, sum, scale, zeroCount, positive, negative, min: known(min), max: known(max) }
}

/** OTLP has 32 bits for an offset. */
const maxOffset = 2 ** 31

function bucketsOf(
  offset: number | string | undefined,
  counts: Encoded,
): ExponentialBuckets | undefined {
  if (!isIntegerBetween(offset, -maxOffset, maxOffset)) return undefined
  if (counts.length > otelLimits.exponentialBuckets || !counts.every(isNaturalNumber))
    return undefined
  return { offset, counts }
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

function isScale(value: unknown): value is number {
  return isIntegerBetween(value, minScale, maxScale)
}

function total({ counts }: ExponentialBuckets): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value
}
