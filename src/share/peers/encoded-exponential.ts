import type { ExponentialValue } from '../../model/metric.ts'
import { checkedExponential } from '../../relay/values/checked-exponential.ts'
import { isNaturalNumber } from '../../support/guards.ts'
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

/** Returns undefined for a value that no histogram has. See `checkedExponential`. */
export function decodeExponential(encoded: Encoded): ExponentialValue | undefined {
  const [count, , scale, zeroCount, , , positiveOffset, length, ...rest] = encoded
  const [sum, min, max] = [encoded[1], encoded[4], encoded[5]].map(decodeNumber)
  if (sum === undefined || min === undefined || max === undefined) return undefined
  if (!isNaturalNumber(length) || rest.length <= length) return undefined
  const value = {
    ...{ count, sum, scale, zeroCount, min: known(min), max: known(max) },
    positive: { offset: positiveOffset, counts: rest.slice(0, length) },
    negative: { offset: rest[length], counts: rest.slice(length + 1) },
  }
  return checkedExponential(value as ExponentialValue)
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value
}
