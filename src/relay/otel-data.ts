import type { DataPoint, Histogram, MetricData } from '@opentelemetry/sdk-metrics'
import type { Descriptor, HistogramValue, Kind, Metric, Point } from '../model/metric.ts'
import { isAscending, isRecord } from './report.ts'

/**
 * OTel's `DataPointType` by number, equal in the 2.x and 3.x lines. The enum itself would have to be
 * imported at run time, and with it the whole SDK.
 */
const dataPointTypes = { histogram: 0, exponentialHistogram: 1, gauge: 2, sum: 3 } as const

/**
 * An OTel metric as it crosses the relay; undefined for what cannot: exponential histograms, so far, and those of
 * impossible bounds, which would have the whole report refused.
 */
export function fromOtel(data: MetricData, scope: string): Metric | undefined {
  const kind = kindOf(data)
  if (!kind) return undefined
  const { name, unit, description } = data.descriptor
  const points = data.dataPoints as DataPoint<number | Histogram>[]
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
  // An `@` of the name's own is not the beginning of a version.
  return version || text.includes('@') ? `${text}@${version ?? ''}` : text
}

function kindOf(data: MetricData): Kind | undefined {
  switch (data.dataPointType as number) {
    case dataPointTypes.histogram:
      return 'histogram'
    case dataPointTypes.gauge:
      return 'gauge'
    case dataPointTypes.sum:
      return (data as { isMonotonic?: boolean }).isMonotonic ? 'counter' : 'upDownCounter'
    default:
      return undefined
  }
}

function withBounds(
  base: Descriptor,
  points: readonly DataPoint<number | Histogram>[],
): Descriptor {
  if (base.kind !== 'histogram') return base
  const first = points[0]?.value
  return { ...base, bounds: typeof first === 'object' ? first.buckets.boundaries : [] }
}

function pointOf({ attributes, value }: DataPoint<number | Histogram>): Point {
  return {
    // A new object only where it must be: known ones are recognised by their identity.
    attributes: isRecord(attributes) ? attributes : { ...(attributes as object) },
    value: typeof value === 'number' ? value : read(value),
  }
}

function read({ count, sum, buckets }: Histogram): HistogramValue {
  return { count, sum: sum ?? 0, counts: buckets.counts }
}
