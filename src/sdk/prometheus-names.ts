import type { IMetricReader, MetricData, ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { exposedName } from '../exposition/text-names.ts'
import type { MetricKind } from '../model/metric.ts'

/** Whether a reader is OTel's PrometheusExporter, of any version and any copy. */
export function isPrometheusExporter(reader: IMetricReader): boolean {
  return 'getMetricsRequestHandler' in reader
}

/**
 * Adds the unit to the name of each metric, as the specification and the Collector do. OTel's
 * PrometheusExporter does not, so a metric would have another name than on the preload's page.
 */
export function withPrometheusNames(scopes: readonly ScopeMetrics[]): ScopeMetrics[] {
  return scopes.map(({ scope, metrics }) => ({ scope, metrics: metrics.map(withUnit) }))
}

function withUnit(metric: MetricData): MetricData {
  const { descriptor } = metric
  const { name, unit } = descriptor
  if (unit === '') return metric
  const kind = kindOf(metric)
  const [plain, exposed] = ['', unit].map((each) => exposedName({ name, unit: each, kind }).sample)
  if (exposed === undefined || exposed === plain) return metric
  return { ...metric, descriptor: { ...descriptor, name: exposed } }
}

// OTel's enum by number, equal in the 2.x and 3.x lines. An import would load the whole SDK.
const gauge = 2

function kindOf(metric: MetricData): MetricKind {
  if (metric.dataPointType === gauge) return 'gauge'
  return 'isMonotonic' in metric && metric.isMonotonic ? 'counter' : 'upDownCounter'
}
