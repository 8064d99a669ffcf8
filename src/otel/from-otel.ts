import type {
  DataPoint,
  ExponentialHistogram,
  Histogram,
  MetricData,
} from '@opentelemetry/sdk-metrics'
import { otelLimits } from '../limits/otel.ts'
import { narrowed } from '../model/exponential.ts'
import type {
  Descriptor,
  ExponentialValue,
  Metric,
  MetricKind,
  Point,
  Value,
} from '../model/metric.ts'
import { ownScope } from '../model/own-scope.ts'
import { isAscending, isRecord } from '../support/guards.ts'

/**
 * OTel's `DataPointType` by number, equal in the 2.x and 3.x lines. An import of the enum would
 * load the whole SDK.
 */
const dataPointTypes = { histogram: 0, exponentialHistogram: 1, gauge: 2, sum: 3 } as const

type OtelValue = number | Histogram | ExponentialHistogram

/**
 * Converts an OTel metric for the relay. Undefined for an unknown kind, and for a histogram with
 * invalid bounds: the receiver would refuse the whole report.
 */
export function fromOtel(data: MetricData, scope: string, schemaUrl?: string): Metric | undefined {
  const descriptor = otelDescriptorOf(data, scope, schemaUrl)
  return descriptor && { descriptor, points: pointsOf(data).map(pointOf) }
}

/** The descriptor without the points. Undefined where `fromOtel` is. */
export function otelDescriptorOf(
  data: MetricData,
  scope: string,
  schemaUrl?: string,
): Descriptor | undefined {
  const kind = kindOf(data)
  if (!kind) return undefined
  const { name, unit, description } = data.descriptor
  // A JavaScript program can pass any type, and the SDK accepts any type.
  const texts = { name: String(name), unit: String(unit), description: String(description) }
  const base: Descriptor = {
    ...{ ...texts, kind, scope },
    ...(schemaUrl && { schemaUrl: String(schemaUrl) }),
    ...(isWhole(data, kind) && { valueType: 'int' }),
  }
  const descriptor = withBounds(base, pointsOf(data))
  return isAscending(descriptor.bounds ?? []) ? descriptor : undefined
}

function pointsOf({ dataPoints }: MetricData): readonly DataPoint<OtelValue>[] {
  return dataPoints as DataPoint<OtelValue>[]
}

export function scopeText({
  name,
  version,
}: {
  name: string | undefined
  version?: string | undefined
}): string {
  const text = name ?? ''
  // Without the version: our metrics of all versions are one family.
  if (text === ownScope) return ownScope
  // With an `@` in the name, the text needs a second `@` before the version.
  return version || text.includes('@') ? `${text}@${version ?? ''}` : text
}

/** Undefined for an unknown kind. */
export function kindOf(data: MetricData): MetricKind | undefined {
  switch (data.dataPointType as number) {
    case dataPointTypes.histogram:
      return 'histogram'
    case dataPointTypes.exponentialHistogram:
      return 'exponentialHistogram'
    case dataPointTypes.gauge:
      return 'gauge'
    case dataPointTypes.sum:
      return (data as { isMonotonic?: boolean }).isMonotonic ? 'counter' : 'upDownCounter'
    default:
      return undefined
  }
}

/** OTel's `ValueType.INT`, equal in the 1.x lines of the API. */
const int = 0

function isWhole({ descriptor }: MetricData, kind: MetricKind): boolean {
  const isNumber = kind !== 'histogram' && kind !== 'exponentialHistogram'
  return isNumber && (descriptor.valueType as number) === int
}

function withBounds(base: Descriptor, points: readonly DataPoint<OtelValue>[]): Descriptor {
  if (base.kind !== 'histogram') return base
  const first = points[0]?.value
  const isFilled = typeof first === 'object' && 'buckets' in first
  return { ...base, bounds: isFilled ? first.buckets.boundaries : [] }
}

function pointOf({ attributes, value }: DataPoint<OtelValue>): Point {
  return {
    // Keeps the object where possible, because its identity is a cache key.
    attributes: isRecord(attributes) ? attributes : { ...(attributes as object) },
    value: typeof value === 'number' ? value : read(value),
  }
}

function read(value: Histogram | ExponentialHistogram): Value {
  if ('scale' in value) return readExponential(value)
  const { count, sum, buckets } = value
  return { count, sum: sum ?? 0, counts: buckets.counts }
}

/** Reduces the scale of a histogram with too many buckets. */
export function readExponential(value: ExponentialHistogram): ExponentialValue {
  const { count, sum, scale, zeroCount, positive, negative } = value
  // Without values, the SDK's extremes are infinite.
  const { min, max } = count === 0 ? { min: undefined, max: undefined } : value
  const sides = {
    positive: { offset: positive.offset, counts: positive.bucketCounts },
    negative: { offset: negative.offset, counts: negative.bucketCounts },
  }
  const all = { count, sum: sum ?? 0, scale, zeroCount, ...sides, min, max }
  return narrowed(all, otelLimits.exponentialBuckets)
}
