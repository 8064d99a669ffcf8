import type { IMetricReader, MetricData, ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { exposedName } from '../exposition/text-names.ts'
import { kindOf } from '../otel/from-otel.ts'

/** Whether a reader is OTel's PrometheusExporter, of any version and any copy. */
export function isPrometheusExporter(reader: IMetricReader): boolean {
  return 'getMetricsRequestHandler' in reader
}

/**
 * Adds the unit to the name of each metric, as the specification and the Collector do. OTel's
 * PrometheusExporter does not, so a metric would have another name than on the preload's page.
 * A metric keeps its name where another metric has the name with the unit.
 */
export function withPrometheusNames(scopes: readonly ScopeMetrics[]): ScopeMetrics[] {
  // Names on the page, with the instrument's name of the first metric.
  const owners = new Map<string, string>()
  for (const { metrics } of scopes) {
    for (const metric of metrics) owners.set(exposedAs(metric, ''), metric.descriptor.name)
  }
  return scopes.map(({ scope, metrics }) => ({
    scope,
    metrics: metrics.map((metric) => withUnit(metric, owners)),
  }))
}

function withUnit(metric: MetricData, owners: Map<string, string>): MetricData {
  const { descriptor } = metric
  const exposed = exposedAs(metric, descriptor.unit)
  if (exposed === exposedAs(metric, '')) return metric
  if ((owners.get(exposed) ?? descriptor.name) !== descriptor.name) return metric
  owners.set(exposed, descriptor.name)
  return { ...metric, descriptor: { ...descriptor, name: exposed } }
}

function exposedAs(metric: MetricData, unit: string): string {
  const kind = kindOf(metric) ?? 'upDownCounter'
  return exposedName({ name: metric.descriptor.name, unit, kind }).sample
}
