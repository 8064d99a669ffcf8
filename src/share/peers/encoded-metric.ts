import { attributeKey } from '../../model/attribute-key.ts'
import type { Attributes, Descriptor, Metric, Point, Value } from '../../model/metric.ts'
import { isDescriptor, plainDescriptor } from '../../relay/descriptor-guard.ts'
import { isAttributes } from '../../relay/report.ts'
import { isRecord } from '../../support/guards.ts'
import { decodeExponential } from './encoded-exponential.ts'
import { decodeNumber, isEncodedNumber } from './encoded-number.ts'
import { decodeHistogram, type EncodedValue, encodeValue } from './encoded-value.ts'

export type EncodedMetric = readonly [
  descriptor: Descriptor,
  points: readonly (readonly [attributes: Attributes, value: EncodedValue])[],
]

export function encodeMetric({ descriptor, points }: Metric): EncodedMetric {
  return [descriptor, points.map(({ attributes, value }) => [attributes, encodeValue(value)])]
}

/**
 * Returns undefined unless every part is a possible value of a cluster.
 * @param earlier the same metric in the writer's earlier state. Equal attributes stay the same
 * objects, since the page keeps the texts of labels by the object of the attributes.
 */
export function parseMetric(value: unknown, earlier?: Metric): Metric | undefined {
  if (!Array.isArray(value) || !isDescriptor(value[0]) || !Array.isArray(value[1])) return undefined
  const [descriptor, encoded] = value as [Descriptor, unknown[]]
  const points: Point[] = []
  // The series of the earlier state differ from each other.
  let areKept = true
  for (const [index, each] of encoded.entries()) {
    const kept = earlier?.points[index]?.attributes
    const point = parsePoint(descriptor, each, kept)
    if (!point) return undefined
    areKept &&= point.attributes === kept
    points.push(point)
  }
  // A repeated series has no single value.
  if (!areKept && hasRepetition(points)) return undefined
  return { descriptor: plainDescriptor(descriptor), points }
}

function hasRepetition(points: readonly Point[]): boolean {
  return new Set(points.map(({ attributes }) => attributeKey(attributes))).size < points.length
}

function parsePoint(
  descriptor: Descriptor,
  value: unknown,
  kept: Attributes | undefined,
): Point | undefined {
  if (!Array.isArray(value)) return undefined
  const attributes = kept && isSame(kept, value[0]) ? kept : attributesOf(value[0])
  const decoded = decode(descriptor, value[1])
  return attributes && decoded !== undefined ? { attributes, value: decoded } : undefined
}

function attributesOf(value: unknown): Attributes | undefined {
  return isAttributes(value) ? (value as Attributes) : undefined
}

/** Attributes with lists differ. */
function isSame(kept: Attributes, value: unknown): value is Attributes {
  if (!isRecord(value) || Object.keys(value).length !== Object.keys(kept).length) return false
  for (const name in kept) {
    if (!Object.hasOwn(value, name) || value[name] !== kept[name]) return false
  }
  return true
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
