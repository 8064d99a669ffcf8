import type {
  DataPoint,
  MetricData,
  ResourceMetrics,
  ScopeMetrics,
} from '@opentelemetry/sdk-metrics'
import { chosenAttributes, withResourceLabels } from '../../exposition/resource-labels.ts'
import type { Attributes } from '../../model/metric.ts'
import { ownScope } from '../../model/own-scope.ts'
import { parseAttributePattern } from '../../model/page/attribute-pattern.ts'
import type { PageOptions } from '../../model/page/page-options.ts'
import { kindOf } from '../../otel/from-otel.ts'
import { joinScopes } from '../../otel/join-scopes.ts'

/**
 * Applies the prefix and the labels of the resource as the preload's page does. OTel's exporter
 * would give the prefix to metrics of this package, too, and would write a label twice.
 */
export function withPageOptions(data: ResourceMetrics, options: PageOptions): ResourceMetrics {
  const { prefix, withResourceConstantLabels, withoutScopeInfo } = options
  const pattern = parseAttributePattern(withResourceConstantLabels ?? '')
  if (prefix === undefined && !pattern && !withoutScopeInfo) return data
  const chosen = pattern ? chosenAttributes(data.resource.attributes as Attributes, pattern) : {}
  const scopeMetrics = data.scopeMetrics.map(({ scope, metrics }) => {
    const isNamed = prefix !== undefined && scope.name !== ownScope
    const named = isNamed ? metrics.map((metric) => withPrefix(metric, prefix)) : metrics
    return { scope, metrics: named.map((metric) => labelled(metric, chosen)) }
  })
  return { ...data, scopeMetrics: withoutScopeInfo ? inOneScope(scopeMetrics) : scopeMetrics }
}

/** Without labels of scopes, no page may repeat a series of two scopes. */
function inOneScope(scopes: readonly ScopeMetrics[]): ScopeMetrics[] {
  const joined = scopes.map(({ metrics }) => ({ scope: noScope, metrics }))
  return joinScopes(joined, { joinOf: (metric) => (kindOf(metric) === 'gauge' ? 'first' : 'add') })
}

const noScope = { name: '' }

function withPrefix(metric: MetricData, prefix: string): MetricData {
  const { descriptor } = metric
  return { ...metric, descriptor: { ...descriptor, name: `${prefix}_${descriptor.name}` } }
}

function labelled(metric: MetricData, chosen: Attributes): MetricData {
  const points = metric.dataPoints as DataPoint<unknown>[]
  const dataPoints = points.map((point) => ({
    ...point,
    attributes: withResourceLabels(point.attributes as Attributes, chosen),
  }))
  return { ...metric, dataPoints } as MetricData
}
