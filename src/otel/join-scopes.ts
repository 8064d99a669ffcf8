import type {
  DataPoint,
  ExponentialHistogram,
  Histogram,
  MetricData,
  ScopeMetrics,
} from '@opentelemetry/sdk-metrics'
import { otelLimits } from '../limits/otel.ts'
import { attributeKey } from '../model/attribute-key.ts'
import { addExponential } from '../model/exponential.ts'
import { readExponential } from './from-otel.ts'
import { exponentialOf } from './to-otel.ts'

type Value = number | Histogram | ExponentialHistogram
type AnyPoint = DataPoint<Value>

/**
 * Joins metrics from two places: the SDK of a primary, and the totals of the workers. Sums
 * and histograms with equal attributes add up. Histograms with different buckets stay apart.
 */
export function joinScopes(all: readonly ScopeMetrics[]): ScopeMetrics[] {
  const scopes = new Map<string, { scope: ScopeMetrics['scope']; metrics: MetricData[] }>()
  for (const { scope, metrics } of all) {
    const key = JSON.stringify([scope.name, scope.version ?? ''])
    const known = scopes.get(key)
    if (known) known.metrics.push(...metrics)
    else scopes.set(key, { scope, metrics: [...metrics] })
  }
  return Array.from(scopes.values(), ({ scope, metrics }) => ({
    scope,
    metrics: joinMetrics(metrics),
  }))
}

function joinMetrics(all: readonly MetricData[]): MetricData[] {
  const metrics = new Map<string, MetricData>()
  for (const metric of all) {
    const key = keyOf(metric)
    const known = metrics.get(key)
    metrics.set(key, known ? joinPoints(known, metric) : metric)
  }
  return [...metrics.values()]
}

/** Equal for joinable metrics. */
function keyOf(metric: MetricData): string {
  const { descriptor, dataPointType, aggregationTemporality, dataPoints } = metric
  const { isMonotonic } = metric as { isMonotonic?: boolean }
  const [first] = dataPoints as AnyPoint[]
  const bounds = isExplicit(first?.value) ? first.value.buckets.boundaries : []
  const { name, unit } = descriptor
  return JSON.stringify([name, unit, dataPointType, isMonotonic, aggregationTemporality, bounds])
}

function joinPoints(left: MetricData, right: MetricData): MetricData {
  const points = new Map<string, AnyPoint>()
  for (const point of [...left.dataPoints, ...right.dataPoints] as AnyPoint[]) {
    const key = attributeKey(point.attributes)
    const known = points.get(key)
    points.set(key, known && adds(left) ? joinPoint(known, point) : point)
  }
  return { ...left, dataPoints: [...points.values()] } as MetricData
}

/** OTel's `DataPointType.GAUGE`, equal in the 2.x and 3.x lines. */
const gauge = 2

function adds({ dataPointType }: MetricData): boolean {
  return (dataPointType as number) !== gauge
}

function joinPoint(left: AnyPoint, right: AnyPoint): AnyPoint {
  const startTime = isBefore(left.startTime, right.startTime) ? left.startTime : right.startTime
  const endTime = isBefore(left.endTime, right.endTime) ? right.endTime : left.endTime
  return { ...left, startTime, endTime, value: add(left.value, right.value) }
}

function isBefore(left: AnyPoint['startTime'], right: AnyPoint['startTime']): boolean {
  return left[0] < right[0] || (left[0] === right[0] && left[1] < right[1])
}

function add(left: Value, right: Value): Value {
  if (typeof left === 'number') return left + (right as number)
  if (isExplicit(left)) return addExplicit(left, right as Histogram)
  const [one, other] = [readExponential(left), readExponential(right as ExponentialHistogram)]
  return exponentialOf(addExponential(one, other, otelLimits.exponentialBuckets))
}

/** Leaves out minimum and maximum, as the relay does. */
function addExplicit(left: Histogram, right: Histogram): Histogram {
  const { boundaries, counts } = left.buckets
  return {
    count: left.count + right.count,
    sum: (left.sum ?? 0) + (right.sum ?? 0),
    buckets: {
      boundaries,
      counts: counts.map((count, index) => count + (right.buckets.counts[index] ?? 0)),
    },
  }
}

function isExplicit(value: Value | undefined): value is Histogram {
  return typeof value === 'object' && 'buckets' in value
}
