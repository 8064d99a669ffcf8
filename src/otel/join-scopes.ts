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
import { countOf } from '../model/merging/merged-value.ts'
import { readExponential } from './from-otel.ts'
import { exponentialOf } from './to-otel.ts'

type Value = number | Histogram | ExponentialHistogram
type AnyPoint = DataPoint<Value>

/** How two points with equal attributes become a single point. */
export type PointJoin = 'add' | 'first' | 'last' | 'higher'

export interface JoinOptions {
  /** Default: values add up, and the last gauge counts. */
  readonly joinOf?: (metric: MetricData, scope: ScopeMetrics['scope']) => PointJoin
  /** Called for each gauge that another gauge of the same name and attributes replaces. */
  readonly onRepeatedGauge?: () => void
}

/**
 * Joins metrics of one name: of meters with several schema URLs, of whole and other numbers, or of
 * the SDK of a primary and of its workers. Histograms with different buckets stay apart.
 */
export function joinScopes(
  all: readonly ScopeMetrics[],
  { joinOf = joinOfKind, onRepeatedGauge = () => {} }: JoinOptions = {},
): ScopeMetrics[] {
  const metrics = new Map<string, ScopedMetric>()
  for (const { scope, metrics: added } of all) {
    for (const metric of added) {
      const key = JSON.stringify([scope.name, scope.version ?? '', keyOf(metric)])
      const known = metrics.get(key)
      const joined = known
        ? joinPoints(known.metric, metric, { join: joinOf(metric, scope), onRepeatedGauge })
        : metric
      metrics.set(key, { scope: known?.scope ?? scope, metric: joined })
    }
  }
  return byScope(metrics.values())
}

/** A metric with the scope in which the metric occurred first. */
interface ScopedMetric {
  readonly scope: ScopeMetrics['scope']
  readonly metric: MetricData
}

function byScope(all: Iterable<ScopedMetric>): ScopeMetrics[] {
  const scopes = new Map<string, { scope: ScopeMetrics['scope']; metrics: MetricData[] }>()
  for (const { scope, metric } of all) {
    const key = JSON.stringify([scope.name, scope.version ?? '', scope.schemaUrl ?? ''])
    const known = scopes.get(key)
    if (known) known.metrics.push(metric)
    else scopes.set(key, { scope, metrics: [metric] })
  }
  return [...scopes.values()]
}

/** OTel's `DataPointType.GAUGE`, equal in the 2.x and 3.x lines. */
const gauge = 2

function joinOfKind({ dataPointType }: MetricData): PointJoin {
  return (dataPointType as number) === gauge ? 'last' : 'add'
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

/**
 * Joins the points of a metric whose attributes have equal keys. Values add up, and the last gauge
 * counts.
 */
export function joinEqualPoints(
  metric: MetricData,
  pointKey: (attributes: AnyPoint['attributes']) => string,
): MetricData {
  const keys = new Set((metric.dataPoints as AnyPoint[]).map((point) => pointKey(point.attributes)))
  if (keys.size === metric.dataPoints.length) return metric
  const none = { ...metric, dataPoints: [] } as MetricData
  return joinPoints(none, metric, { join: joinOfKind(metric), onRepeatedGauge() {}, pointKey })
}

interface Joining {
  readonly join: PointJoin
  readonly onRepeatedGauge: () => void
  /** Default: `attributeKey`. */
  readonly pointKey?: (attributes: AnyPoint['attributes']) => string
}

function joinPoints(
  left: MetricData,
  right: MetricData,
  { join, onRepeatedGauge, pointKey = attributeKey }: Joining,
): MetricData {
  const points = new Map<string, AnyPoint>()
  for (const point of left.dataPoints as AnyPoint[]) points.set(pointKey(point.attributes), point)
  for (const point of right.dataPoints as AnyPoint[]) {
    const key = pointKey(point.attributes)
    const known = points.get(key)
    if (known && join === 'last') onRepeatedGauge()
    points.set(key, known ? joinPoint(known, point, join) : point)
  }
  const dataPoints = [...points.values()]
  return { ...left, descriptor: descriptorFor(left, right, dataPoints), dataPoints } as MetricData
}

// OTel's `ValueType` by number, equal in the 1.x lines of the API.
const [int, double] = [0, 1]

/** The sum of whole and other numbers is no whole number. A large sum has no exact form. */
function descriptorFor(
  { descriptor }: MetricData,
  { descriptor: other }: MetricData,
  points: readonly AnyPoint[],
): MetricData['descriptor'] {
  if ((descriptor.valueType as number) !== int) return descriptor
  const isWhole = points.every(({ value }) => typeof value !== 'number' || isSafe(value))
  if (isWhole && other.valueType === descriptor.valueType) return descriptor
  return { ...descriptor, valueType: double as typeof descriptor.valueType }
}

function isSafe(value: number): boolean {
  return Number.isSafeInteger(value)
}

function joinPoint(left: AnyPoint, right: AnyPoint, join: PointJoin): AnyPoint {
  if (join === 'first') return left
  if (join === 'last') return right
  if (join === 'higher') return countOf(right.value) > countOf(left.value) ? right : left
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
