import type { MetricData, ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { isReserved } from '../../exposition/reserved-names.ts'
import type { MergeRule } from '../../model/merging/merge-rule.ts'
import type { MergeRules } from '../../model/merging/merge-rules.ts'
import { ownScope } from '../../model/own-scope.ts'
import { otelDescriptorOf, scopeText } from '../../otel/from-otel.ts'
import { joinScopes, type PointJoin } from '../../otel/join-scopes.ts'

export interface Joining {
  readonly totals: {
    /** Whether this process has forked workers. */
    readonly hasForked: boolean
    readonly noteRepeatedGauges: (count: number) => void
  }
  readonly rules: MergeRules
  /** Whether a scope is of the cluster's producer. Other scopes come from the primary's SDK. */
  readonly isWorkers: (scope: ScopeMetrics) => boolean
  /** Called with the name of a metric of the application that has a name of ours. */
  readonly onReserved: (name: string) => void
}

/** Joins what one process has twice, and then what the primary and its workers have. */
export function joinedScopes(all: readonly ScopeMetrics[], joining: Joining): ScopeMetrics[] {
  const { totals, rules, isWorkers, onReserved } = joining
  const ofPrimary = all.filter((each) => !isWorkers(each))
  let repeated = 0
  const shown = totals.hasForked
    ? ofPrimary.flatMap((each) => withoutOwn(each, onReserved))
    : ofPrimary
  const own = joinScopes(shown, {
    onRepeatedGauge: () => {
      repeated += 1
    },
  })
  totals.noteRepeatedGauges(repeated)
  return joinScopes(
    [...own.flatMap((each) => withoutOmitted(each, rules)), ...all.filter(isWorkers)],
    {
      joinOf: (metric, scope) => pointJoinOf(metric, scope, rules),
    },
  )
}

function withoutOmitted({ scope, metrics }: ScopeMetrics, rules: MergeRules): ScopeMetrics {
  return { scope, metrics: metrics.filter((metric) => ruleOf(metric, scope, rules) !== 'omit') }
}

const pointJoins: Readonly<Record<MergeRule, PointJoin>> = {
  sum: 'add',
  max: 'higher',
  // The primary comes before its workers.
  first: 'first',
  per_worker: 'last',
  omit: 'last',
}

function pointJoinOf(
  metric: MetricData,
  scope: ScopeMetrics['scope'],
  rules: MergeRules,
): PointJoin {
  const rule = ruleOf(metric, scope, rules)
  return rule === undefined ? 'last' : pointJoins[rule]
}

function ruleOf(
  metric: MetricData,
  scope: ScopeMetrics['scope'],
  rules: MergeRules,
): MergeRule | undefined {
  const descriptor = otelDescriptorOf(metric, scopeText(scope))
  return descriptor && rules.of(descriptor)
}

/** An SDK never forgets the metrics that our instrumentation recorded before the fork. */
function withoutOwn(
  { scope, metrics }: ScopeMetrics,
  onReserved: Joining['onReserved'],
): readonly ScopeMetrics[] {
  if (scope.name === ownScope) return []
  // Leaves out metrics of the primary with names of ours. The totals leave out the workers'.
  const kept = metrics.filter((data) => {
    const descriptor = otelDescriptorOf(data, scopeText(scope))
    const isLeftOut = descriptor !== undefined && isReserved(descriptor)
    if (isLeftOut) onReserved(descriptor.name)
    return !isLeftOut
  })
  return [{ scope, metrics: kept }]
}
