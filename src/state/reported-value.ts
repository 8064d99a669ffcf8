import type { Descriptor, Value } from '../model/metric.ts'
import { decodeExponential } from '../relay/encoded-exponential.ts'
import { decodeNumber } from '../relay/encoded-number.ts'
import { decodeHistogram, type EncodedValue } from '../relay/report.ts'

/** Decodes a value; undefined for a value that does not fit the kind of the metric. */
export function reportedValue(descriptor: Descriptor, encoded: EncodedValue): Value | undefined {
  const { kind, bounds } = descriptor
  if (kind === 'exponentialHistogram') {
    return Array.isArray(encoded) ? decodeExponential(encoded) : undefined
  }
  if (bounds) return decodeHistogram(encoded, bounds.length + 1)
  const value = decodeNumber(encoded)
  // Strict parsers refuse the whole page for a counter below zero or without a number.
  return kind === 'counter' && !(value !== undefined && value >= 0) ? undefined : value
}
