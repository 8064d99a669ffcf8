import type { IMetricReader, MetricData, ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { cleanName, exposedName } from '../../exposition/text-names.ts'
import type { Attributes } from '../../model/metric.ts'
import { kindOf } from '../../otel/from-otel.ts'
import { joinEqualPoints } from '../../otel/join-scopes.ts'

/** Whether a reader is OTel's PrometheusExporter, of any version and any copy. */
export function isPrometheusExporter(reader: IMetricReader): boolean {
  return 'getMetricsRequestHandler' in reader
}

/**
 * Adds the unit to the name of each metric, as the specification and the Collector do. OTel's
 * PrometheusExporter does not, so a metric would have another name than on the preload's page.
 * A metric keeps its name where another metric has the name with the unit. Points with equal
 * labels, such as of `{code: 200}` and `{code: '200'}`, are joined: no page may repeat a series.
 */
export function withPrometheusNames(scopes: readonly ScopeMetrics[]): ScopeMetrics[] {
  // Names on the page, with the instrument's name of the first metric.
  const owners = new Map<string, string>()
  for (const { metrics } of scopes) {
    for (const metric of metrics) owners.set(exposedAs(metric, ''), metric.descriptor.name)
  }
  return scopes.map(({ scope, metrics }) => ({
    scope,
    metrics: metrics.map((metric) => joinEqualPoints(withUnit(metric, owners), labelsKey)),
  }))
}

/** Equal for attributes that OTel's exporter writes as equal labels. */
function labelsKey(attributes: Attributes): string {
  const labels = Object.entries(attributes).map(([name, value]) => {
    return [cleanName(name), typeof value === 'string' ? value : JSON.stringify(value)]
  })
  return JSON.stringify(labels.filter(([, text]) => text).sort())
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
