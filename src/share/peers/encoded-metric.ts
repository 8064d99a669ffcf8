import { attributeKey } from '../../model/attribute-key.ts'
import type { Attributes, Descriptor, Metric, Point, Value } from '../../model/metric.ts'
import { isDescriptor, plainDescriptor } from '../../relay/descriptor-guard.ts'
import { decodeExponential } from '../../relay/encoded-exponential.ts'
import { decodeNumber, isEncodedNumber } from '../../relay/encoded-number.ts'
import {
  decodeHistogram,
  type EncodedValue,
  encodeValue,
  isAttributes,
} from '../../relay/report.ts'

export type EncodedMetric = readonly [
  descriptor: Descriptor,
  points: readonly (readonly [attributes: Attributes, value: EncodedValue])[],
]

export function encodeMetric({ descriptor, points }: Metric): EncodedMetric {
  return [descriptor, points.map(({ attributes, value }) => [attributes, encodeValue(value)])]
}

/** Returns undefined unless every part is a possible value of a cluster. */
export function parseMetric(value: unknown): Metric | undefined {
  if (!Array.isArray(value) || !isDescriptor(value[0]) || !Array.isArray(value[1])) return undefined
  const [descriptor, encoded] = value as [Descriptor, unknown[]]
  const points: Point[] = []
  const keys = new Set<string>()
  for (const each of encoded) {
    const point = parsePoint(descriptor, each)
    if (!point) return undefined
    keys.add(attributeKey(point.attributes))
    points.push(point)
  }
  // A repeated series has no single value.
  return keys.size === points.length
    ? { descriptor: plainDescriptor(descriptor), points }
    : undefined
}

function parsePoint(descriptor: Descriptor, value: unknown): Point | undefined {
  if (!Array.isArray(value) || !isAttributes(value[0])) return undefined
  const decoded = decode(descriptor, value[1])
  return decoded === undefined ? undefined : { attributes: value[0] as Attributes, value: decoded }
}

function decode({ kind, bounds = [] }: Descriptor, encoded: unknown): Value | undefined {
  if (kind === 'histogram' || kind === 'exponentialHistogram') {
    if (!Array.isArray(encoded) || !encoded.every(isEncodedNumber)) return undefined
    const numbers = encoded as (number | string)[]
    return kind === 'histogram'
      ? decodeHistogram(numbers, bounds.length + 1)
      : decodeExponential(numbers)
  }
  const number = decodeNumber(encoded)
  return kind === 'counter' && !((number ?? -1) >= 0) ? undefined : number
}
