import type { RawSample } from '../prometheus/exposition.ts'

/** The fields of a metric of the file exporter that the tests read. */
export interface OtlpMetric {
  readonly name: string
  readonly unit: string | undefined
  readonly kind: 'counter' | 'gauge' | 'histogram' | 'other'
  /** Time of the newest point, Unix milliseconds. */
  readonly timeMs: number
  /** Samples as on a page: a histogram has `_bucket`, `_sum` and `_count`. */
  readonly samples: readonly RawSample[]
}

/** Reads one line of the file exporter: OTLP metrics in JSON. */
export function readOtlpLine(line: string): OtlpMetric[] {
  const { resourceMetrics } = JSON.parse(line) as Request
  return resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ scope, metrics }) =>
      metrics.map((metric) => readMetric(metric, scopeLabels(scope))),
    ),
  )
}

/** Returns the sample with the shortest text of its bound. Some writers use `1.0`, others `1`. */
export function withPlainBound(sample: RawSample): RawSample {
  const labels = sample.labels.map(([name, value]): [string, string] => [
    name,
    name === 'le' ? boundText(Number(value.replace('Inf', 'Infinity'))) : value,
  ])
  return { ...sample, labels }
}

interface Request {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly { readonly scope: Scope; readonly metrics: readonly Metric[] }[]
  }[]
}

interface Scope {
  readonly name?: string
  readonly version?: string
}

interface Metric {
  readonly name: string
  readonly unit?: string
  readonly gauge?: Data
  readonly sum?: Data & { readonly isMonotonic?: boolean }
  readonly histogram?: Data
}

interface Data {
  readonly dataPoints: readonly Point[]
  readonly aggregationTemporality?: number
}

interface Point {
  readonly attributes?: readonly { key: string; value: { stringValue: string } }[]
  readonly timeUnixNano: string
  readonly asDouble?: number | string
  readonly asInt?: string
  readonly count?: string
  readonly sum?: number
  readonly bucketCounts?: readonly string[]
  readonly explicitBounds?: readonly number[]
}

type Labels = readonly (readonly [name: string, value: string])[]

const cumulative = 2

function readMetric(metric: Metric, scope: Labels): OtlpMetric {
  const { name, unit } = metric
  const points = (metric.gauge ?? metric.sum ?? metric.histogram)?.dataPoints ?? []
  return {
    name,
    unit,
    kind: kindOf(metric),
    timeMs: Math.max(...points.map(({ timeUnixNano }) => Number(timeUnixNano) / 1e6)),
    samples: points.flatMap((point) => {
      const labels = [...attributes(point), ...scope]
      return metric.histogram
        ? histogram(name, labels, point)
        : [sample(name, labels, value(point))]
    }),
  }
}

function kindOf({ gauge, sum, histogram: buckets }: Metric): OtlpMetric['kind'] {
  if (gauge) return 'gauge'
  if (sum?.isMonotonic && sum.aggregationTemporality === cumulative) return 'counter'
  return buckets?.aggregationTemporality === cumulative ? 'histogram' : 'other'
}

/** The receiver uses these labels as the scope, or its own name without the labels. */
function scopeLabels({ name = '', version = '' }: Scope): Labels {
  if (name.endsWith('/prometheusreceiver')) return []
  return [
    ['otel_scope_name', name],
    ['otel_scope_version', version],
  ]
}

function attributes({ attributes: list = [] }: Point): Labels {
  return list.map(({ key, value: { stringValue } }) => [key, stringValue])
}

function histogram(name: string, labels: Labels, point: Point): RawSample[] {
  let total = 0
  const buckets = (point.bucketCounts ?? []).map((count, index) => {
    total += Number(count)
    const bound = point.explicitBounds?.[index] ?? Number.POSITIVE_INFINITY
    return sample(`${name}_bucket`, [...labels, ['le', boundText(bound)]], total)
  })
  return [
    ...buckets,
    sample(`${name}_sum`, labels, point.sum ?? Number.NaN),
    // JSON leaves out a zero.
    sample(`${name}_count`, labels, Number(point.count ?? 0)),
  ]
}

function boundText(bound: number): string {
  return bound === Number.POSITIVE_INFINITY ? '+Inf' : String(bound)
}

function value({ asDouble, asInt }: Point): number {
  return Number(asDouble ?? asInt)
}

function sample(name: string, labels: Labels, of: number): RawSample {
  return { name, labels, value: of, line: '' }
}
