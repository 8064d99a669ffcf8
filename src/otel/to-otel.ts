import type {
  DataPoint,
  ExponentialHistogram,
  Histogram,
  MetricData,
  ScopeMetrics,
} from '@opentelemetry/sdk-metrics'
import type {
  Attributes,
  Descriptor,
  ExponentialBuckets,
  ExponentialValue,
  HistogramValue,
  Metric,
  MetricKind,
  Point,
  Value,
} from '../model/metric.ts'
import { ownScope } from '../model/own-scope.ts'
import { scopeParts } from '../model/scope.ts'
import { version } from '../model/version.ts'

/** The times of a collection. */
export interface Times {
  /** Unix milliseconds of the collection. */
  readonly now: number
  readonly startOf: StartOf
}

/** Unix second of the start of a series. A series keeps the same start. */
export type StartOf = (descriptor: Descriptor, attributes: Attributes) => number

/** Converts metrics to the form of an OTel SDK: cumulative, by scope. */
export function toOtel(metrics: readonly Metric[], times: Times): ScopeMetrics[] {
  const scopes = new Map<string, JoinedScope>()
  for (const metric of metrics) {
    if (metric.points.length > 0) add(scopes, metric)
  }
  return Array.from(scopes.values(), ({ scope, metrics: joined }) => ({
    scope,
    metrics: Array.from(joined.values(), (metric) => dataOf(metric, times)),
  }))
}

interface JoinedScope {
  readonly scope: ScopeMetrics['scope']
  readonly metrics: Map<string, Metric>
}

/** Joins points of workers and of the exporter: OTLP has one metric per name. */
function add(scopes: Map<string, JoinedScope>, metric: Metric): void {
  const { scope, schemaUrl = '', kind, name, unit } = metric.descriptor
  const scopeKey = `${scope} ${schemaUrl}`
  const joined = scopes.get(scopeKey) ?? { scope: scopeOf(metric.descriptor), metrics: new Map() }
  scopes.set(scopeKey, joined)
  const key = `${kind} ${name} ${unit}`
  const known = joined.metrics.get(key)
  joined.metrics.set(key, known ? joinedMetric(known, metric) : metric)
}

function joinedMetric({ descriptor, points }: Metric, other: Metric): Metric {
  const isSame = descriptor.valueType === other.descriptor.valueType
  const { valueType: _, ...double } = descriptor
  return { descriptor: isSame ? descriptor : double, points: [...points, ...other.points] }
}

function scopeOf({ scope, schemaUrl }: Descriptor): ScopeMetrics['scope'] {
  if (scope === ownScope) return { name: ownScope, version }
  const { name, version: given } = scopeParts(scope)
  return {
    name,
    ...(given !== undefined && { version: given }),
    ...(schemaUrl !== undefined && { schemaUrl }),
  }
}

// OTel's enums by number, equal in the 2.x and 3.x lines. An import would load the whole SDK.
const valueTypes = { int: 0, double: 1 } as const
const cumulative = 1
const dataPointTypes: Readonly<Record<MetricKind, number>> = {
  histogram: 0,
  exponentialHistogram: 1,
  gauge: 2,
  counter: 3,
  upDownCounter: 3,
}

function dataOf({ descriptor, points }: Metric, times: Times): MetricData {
  const { name, description, unit, kind, valueType } = descriptor
  const isInt = valueType === 'int' && points.every(({ value }) => Number.isSafeInteger(value))
  return {
    descriptor: { name, description, unit, valueType: isInt ? valueTypes.int : valueTypes.double },
    aggregationTemporality: cumulative,
    dataPointType: dataPointTypes[kind],
    dataPoints: points.map((point) => dataPointOf(descriptor, point, times)),
    ...(dataPointTypes[kind] === dataPointTypes.counter && { isMonotonic: kind === 'counter' }),
  } as MetricData
}

function dataPointOf(
  descriptor: Descriptor,
  { attributes, value }: Point,
  { now, startOf }: Times,
): DataPoint<OtelValue> {
  return {
    // A clock can be set back. The start must not be after the end.
    startTime: hrTime(Math.min(1_000 * startOf(descriptor, attributes), now)),
    endTime: hrTime(now),
    attributes,
    value: otelValue(descriptor, value),
  }
}

type OtelValue = number | Histogram | ExponentialHistogram

function otelValue(descriptor: Descriptor, value: Value): OtelValue {
  if (typeof value === 'number') return value
  return 'scale' in value ? exponentialOf(value) : histogramOf(descriptor, value)
}

function histogramOf(
  { bounds = [] }: Descriptor,
  { count, sum, counts }: HistogramValue,
): Histogram {
  return { count, sum, buckets: { boundaries: [...bounds], counts: [...counts] } }
}

export function exponentialOf(value: ExponentialValue): ExponentialHistogram {
  const { count, sum, scale, zeroCount, min, max } = value
  const [positive, negative] = [bucketsOf(value.positive), bucketsOf(value.negative)]
  const extremes = min === undefined || max === undefined ? {} : { min, max }
  return { count, sum, scale, zeroCount, positive, negative, ...extremes }
}

function bucketsOf({ offset, counts }: ExponentialBuckets): ExponentialHistogram['positive'] {
  return { offset, bucketCounts: [...counts] }
}

/** @param ms Unix milliseconds. */
function hrTime(ms: number): [seconds: number, nanoseconds: number] {
  const seconds = Math.floor(ms / 1_000)
  return [seconds, Math.round((ms - 1_000 * seconds) * 1e6)]
}
