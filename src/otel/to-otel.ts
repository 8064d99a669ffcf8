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
  const scopes = new Map<string, Map<string, Metric>>()
  for (const metric of metrics) {
    if (metric.points.length > 0) add(scopes, metric)
  }
  return Array.from(scopes, ([scope, joined]) => ({
    scope: scopeOf(scope),
    metrics: Array.from(joined.values(), (metric) => dataOf(metric, times)),
  }))
}

/** Joins points of workers and of the exporter: OTLP has one metric per name. */
function add(scopes: Map<string, Map<string, Metric>>, metric: Metric): void {
  const { scope, kind, name, unit } = metric.descriptor
  const joined = scopes.get(scope) ?? new Map<string, Metric>()
  scopes.set(scope, joined)
  const key = `${kind} ${name} ${unit}`
  const known = joined.get(key)
  const { descriptor, points } = known ?? metric
  joined.set(key, known ? { descriptor, points: [...points, ...metric.points] } : metric)
}

/** Splits the name and the version of a text from `scopeText`. */
function scopeOf(text: string): ScopeMetrics['scope'] {
  if (text === ownScope) return { name: ownScope, version }
  const at = text.lastIndexOf('@')
  if (at < 0) return { name: text }
  return { name: text.slice(0, at), version: text.slice(at + 1) }
}

// OTel's enums by number, equal in the 2.x and 3.x lines. An import would load the whole SDK.
const double = 1
const cumulative = 1
const dataPointTypes: Readonly<Record<MetricKind, number>> = {
  histogram: 0,
  exponentialHistogram: 1,
  gauge: 2,
  counter: 3,
  upDownCounter: 3,
}

function dataOf({ descriptor, points }: Metric, times: Times): MetricData {
  const { name, description, unit, kind } = descriptor
  return {
    descriptor: { name, description, unit, valueType: double },
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
