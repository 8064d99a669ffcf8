import { isMainThread } from 'node:worker_threads'
import type {
  CollectionResult,
  IMetricReader,
  MetricData,
  MetricProducer,
  ScopeMetrics,
} from '@opentelemetry/sdk-metrics'
import { workerCluster } from '../collect/cluster/forks.ts'
import { isReserved, reservedNameText } from '../exposition/reserved-names.ts'
import type { MergeRule } from '../model/merging/merge-rule.ts'
import { MergeRules } from '../model/merging/merge-rules.ts'
import { ownScope } from '../model/own-scope.ts'
import { otelDescriptorOf, scopeText } from '../otel/from-otel.ts'
import { joinScopes, type PointJoin } from '../otel/join-scopes.ts'
import { hide } from '../support/hidden-property.ts'
import { ClusterMetricProducer } from './cluster-metric-producer.ts'
import { ClusterMetricReader, type ClusterMetricReaderOptions } from './cluster-metric-reader.ts'
import { ClusterTotals, type ClusterTotalsOptions } from './cluster-totals.ts'
import { defaultReader } from './default-reader.ts'
import { mergeSettingsOf } from './merge-rules-option.ts'
import { isPrometheusExporter, withPrometheusNames } from './prometheus-names.ts'
import { warnOnce } from './sdk-warning.ts'

export interface ClusterMetricReadersOptions
  extends ClusterMetricReaderOptions,
    ClusterTotalsOptions {
  /**
   * Creates the readers of a process that is no cluster worker, and passes the producers to each
   * reader. The producers return the workers' metrics, and nothing before the first fork.
   *
   * Default: the PrometheusExporter of `@opentelemetry/exporter-prometheus`, which the application
   * installs, at PROMETHEUS_BIND_ADDRESS and PROMETHEUS_METRICS_PORT (0.0.0.0:9091).
   */
  readonly readers?: (metricProducers: MetricProducer[]) => IMetricReader[]
}

/**
 * The metric readers for the SDK of a process with `node:cluster`. In a cluster worker, the
 * function returns a reader that reports to the primary. In other processes, the function returns
 * your readers, which then export the metrics of the whole cluster. Call the function before the
 * first `cluster.fork()`.
 *
 * The metrics of the primary and of its workers are joined, so no exporter gets a metric twice.
 * When the last of your readers shuts down, the primary stops following the workers.
 *
 * ```ts
 * new NodeSDK({ metricReaders: clusterMetricReaders() })
 * ```
 *
 * @throws Error without `readers`, when `@opentelemetry/exporter-prometheus` is not installed.
 * @throws ConfigError without `readers`, for a wrong configuration.
 */
export function clusterMetricReaders(options: ClusterMetricReadersOptions = {}): IMetricReader[] {
  // A thread of the application has an SDK but no IPC channel, and no port of its own.
  if (!isMainThread) return options.readers?.([]) ?? []
  if (workerCluster()) return [new ClusterMetricReader(options)]
  const totals = new ClusterTotals(options)
  const rules = new MergeRules(mergeSettingsOf(options))
  const producer = new ClusterMetricProducer(totals)
  const produced = new WeakSet<ScopeMetrics>()
  const recording: MetricProducer = {
    async collect() {
      const result = await producer.collect()
      for (const scopeMetrics of result.resourceMetrics.scopeMetrics) produced.add(scopeMetrics)
      return result
    },
  }
  const create = options.readers ?? ((producers) => [defaultReader(producers)])
  const readers = create([recording])
  const open = new Set(readers)
  for (const reader of readers) {
    joinCollections(reader, { totals, produced, rules })
    aroundShutdown(reader, {
      before: () => totals.forceFlush(),
      after: () => {
        open.delete(reader)
        if (open.size === 0) totals.stop()
      },
    })
  }
  return readers
}

interface Joining {
  readonly totals: ClusterTotals
  readonly rules: MergeRules
  /** The scopes of the cluster's producer. Other scopes come from the primary's SDK. */
  readonly produced: WeakSet<ScopeMetrics>
}

/** Replaces `collect` on the reader itself, because an exporter calls its own `collect`. */
function joinCollections(reader: IMetricReader, joining: Joining): void {
  const collect = reader.collect.bind(reader)
  const named = isPrometheusExporter(reader) ? withPrometheusNames : unchanged
  hide(reader, 'collect', async (options?: Parameters<typeof collect>[0]) => {
    const { resourceMetrics, errors } = await collect(options)
    const { scopeMetrics } = resourceMetrics
    const result: CollectionResult = {
      resourceMetrics: { ...resourceMetrics, scopeMetrics: named(joined(scopeMetrics, joining)) },
      errors,
    }
    return result
  })
}

/** Joins what one process has twice, and then what the primary and its workers have. */
function joined(all: readonly ScopeMetrics[], joining: Joining): ScopeMetrics[] {
  const { totals, rules, produced } = joining
  const isWorkers = (each: ScopeMetrics): boolean => produced.has(each)
  const ofPrimary = all.filter((each) => !isWorkers(each))
  let repeated = 0
  const own = joinScopes(totals.hasForked ? ofPrimary.flatMap(withoutOwn) : ofPrimary, {
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

function unchanged(scopes: ScopeMetrics[]): ScopeMetrics[] {
  return scopes
}

/** An SDK never forgets the metrics that our instrumentation recorded before the fork. */
function withoutOwn(each: ScopeMetrics): readonly ScopeMetrics[] {
  return each.scope.name === ownScope ? [] : [withoutReserved(each)]
}

/** Leaves out metrics of the primary with names of ours. The totals leave out the workers'. */
function withoutReserved({ scope, metrics }: ScopeMetrics): ScopeMetrics {
  const kept = metrics.filter((data) => {
    const descriptor = otelDescriptorOf(data, scopeText(scope))
    const isLeftOut = descriptor !== undefined && isReserved(descriptor)
    if (isLeftOut) warnOnce(reservedNameText(descriptor.name))
    return !isLeftOut
  })
  return { scope, metrics: kept }
}

interface ShutdownSteps {
  /** The last export of the reader has the workers' last reports. Never rejects. */
  readonly before: () => Promise<void>
  readonly after: () => void
}

function aroundShutdown(reader: IMetricReader, { before, after }: ShutdownSteps): void {
  const shutdown = reader.shutdown.bind(reader)
  hide(reader, 'shutdown', async (options?: Parameters<typeof shutdown>[0]) => {
    await before()
    try {
      await shutdown(options)
    } finally {
      after()
    }
  })
}
