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
 * OTel's `DataPointType` by number, equal in the 2.x and 3.x lines. The enum itself would have to be
 * imported at run time, and with it the whole SDK.
 */
const dataPointTypes = { histogram: 0, exponentialHistogram: 1, gauge: 2, sum: 3 } as const

type OtelValue = number | Histogram | ExponentialHistogram

/**
 * An OTel metric as it crosses the relay; undefined for what cannot: histograms of impossible bounds, which would have
 * the whole report refused.
 */
export function fromOtel(data: MetricData, scope: string): Metric | undefined {
  const kind = kindOf(data)
  if (!kind) return undefined
  const { name, unit, description } = data.descriptor
  const points = data.dataPoints as DataPoint<OtelValue>[]
  // A program without types may have given anything, and the SDK takes it.
  const texts = { name: String(name), unit: String(unit), description: String(description) }
  const descriptor = withBounds({ ...texts, kind, scope }, points)
  if (!isAscending(descriptor.bounds ?? [])) return undefined
  return { descriptor, points: points.map(pointOf) }
}

export function scopeText({
  name,
  version,
}: {
  name: string | undefined
  version?: string | undefined
}): string {
  const text = name ?? ''
  // Of any version: it is not shown, and its metrics are one family.
  if (text === ownScope) return ownScope
  // An `@` of the name's own is not the beginning of a version.
  return version || text.includes('@') ? `${text}@${version ?? ''}` : text
}

function kindOf(data: MetricData): MetricKind | undefined {
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

function withBounds(base: Descriptor, points: readonly DataPoint<OtelValue>[]): Descriptor {
  if (base.kind !== 'histogram') return base
  const first = points[0]?.value
  const isFilled = typeof first === 'object' && 'buckets' in first
  return { ...base, bounds: isFilled ? first.buckets.boundaries : [] }
}

function pointOf({ attributes, value }: DataPoint<OtelValue>): Point {
  return {
    // A new object only where it must be: known ones are recognised by their identity.
    attributes: isRecord(attributes) ? attributes : { ...(attributes as object) },
    value: typeof value === 'number' ? value : read(value),
  }
}

function read(value: Histogram | ExponentialHistogram): Value {
  if ('scale' in value) return readExponential(value)
  const { count, sum, buckets } = value
  return { count, sum: sum ?? 0, counts: buckets.counts }
}

/** Wider ones than the relay carries come at a smaller scale. */
export function readExponential(value: ExponentialHistogram): ExponentialValue {
  const { count, sum, scale, zeroCount, positive, negative } = value
  // Of no values at all, the SDK's extremes are infinite.
  const { min, max } = count === 0 ? { min: undefined, max: undefined } : value
  const sides = {
    positive: { offset: positive.offset, counts: positive.bucketCounts },
    negative: { offset: negative.offset, counts: negative.bucketCounts },
  }
  const all = { count, sum: sum ?? 0, scale, zeroCount, ...sides, min, max }
  return narrowed(all, otelLimits.exponentialBuckets)
}
