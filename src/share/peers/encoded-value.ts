import type { HistogramValue, Value } from '../../model/metric.ts'
import { isNaturalNumber } from '../../support/guards.ts'
import { encodeExponential } from './encoded-exponential.ts'
import { decodeNumber, encodeNumber } from './encoded-number.ts'

/** A histogram: `[count, sum, ...counts]`. An exponential histogram: see `encodeExponential`. */
export type EncodedValue = number | string | readonly (number | string)[]

export function encodeValue(value: Value): EncodedValue {
  if (typeof value === 'number') return encodeNumber(value)
  if ('scale' in value) return encodeExponential(value)
  return [value.count, encodeNumber(value.sum), ...value.counts]
}

/** Undefined unless the counts add up. @param buckets the required number of counts. */
export function decodeHistogram(value: EncodedValue, buckets: number): HistogramValue | undefined {
  if (typeof value === 'number' || typeof value === 'string') return undefined
  const [count, encodedSum, ...counts] = value
  const sum = decodeNumber(encodedSum)
  if (!isNaturalNumber(count) || sum === undefined) return undefined
  if (counts.length !== buckets || !counts.every(isNaturalNumber)) return undefined
  // Parsers refuse the whole page for a histogram whose last bucket is not the count.
  const total = counts.reduce((all, each) => all + each, 0)
  return total === count ? { count, sum, counts } : undefined
}
