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

/** Returns undefined if the buckets do not add up to `count`, or if there are too many buckets. */
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

function isScale(value: unknown): value is number {
  return isIntegerBetween(value, minScale, maxScale)
}

function total({ counts }: ExponentialBuckets): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value
}
