import { isMainThread } from 'node:worker_threads'
import type {
  CollectionResult,
  IMetricReader,
  MetricProducer,
  ScopeMetrics,
} from '@opentelemetry/sdk-metrics'
import { workerCluster } from '../collect/cluster/forks.ts'
import { reservedNameText } from '../exposition/reserved-names.ts'
import { MergeRules } from '../model/merging/merge-rules.ts'
import type { PageOptions } from '../model/page/page-options.ts'
import { hide } from '../support/hidden-property.ts'
import { ClusterMetricProducer } from './cluster-metric-producer.ts'
import { ClusterMetricReader, type ClusterMetricReaderOptions } from './cluster-metric-reader.ts'
import { ClusterTotals, type ClusterTotalsOptions } from './cluster-totals.ts'
import { mergeSettingsOf } from './merge-rules-option.ts'
import { defaultReader } from './readers/default-reader.ts'
import { joinedScopes } from './readers/joined-scopes.ts'
import { withPageOptions } from './readers/page-options.ts'
import { isPrometheusExporter, withPrometheusNames } from './readers/prometheus-names.ts'
import { readerDeltas, type Totals } from './readers/reader-deltas.ts'
import { warnOnce } from './sdk-warning.ts'

/** A reader of the line 2.12 or 3.x, whose collections differ in the types of attributes. */
export interface AnyMetricReader extends Omit<IMetricReader, 'collect'> {
  readonly collect: (options?: CollectionOptions) => Promise<object>
}

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
  readonly readers?: (metricProducers: MetricProducer[]) => AnyMetricReader[]
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
  if (!isMainThread) return (options.readers?.([]) ?? []) as IMetricReader[]
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
  const { readers, page } = readersOf(options, recording)
  const open = new Set(readers)
  for (const reader of readers) {
    joinCollections(reader, { totals, produced, rules, page })
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

interface Readers {
  readonly readers: IMetricReader[]
  readonly page: PageOptions
}

function readersOf(options: ClusterMetricReadersOptions, producer: MetricProducer): Readers {
  if (options.readers) return { readers: options.readers([producer]) as IMetricReader[], page: {} }
  const { reader, page } = defaultReader([producer])
  return { readers: [reader], page }
}

interface Exported extends Pick<Readers, 'page'> {
  readonly totals: ClusterTotals
  readonly rules: MergeRules
  /** The scopes of the cluster's producer. */
  readonly produced: WeakSet<ScopeMetrics>
}

/** Replaces `collect` on the reader itself, because an exporter calls its own `collect`. */
function joinCollections(reader: IMetricReader, exported: Exported): void {
  const { totals, rules, produced, page } = exported
  const collect = reader.collect.bind(reader)
  const named = isPrometheusExporter(reader) ? withPrometheusNames : unchanged
  const isWorkers = (scope: ScopeMetrics): boolean => produced.has(scope)
  const joining = { totals, rules, isWorkers, onReserved: warnReserved }
  const collectTotals = async (options?: CollectionOptions): Promise<Totals> => {
    const { resourceMetrics, errors } = await collect(options)
    const { scopeMetrics } = resourceMetrics
    const joined = { ...resourceMetrics, scopeMetrics: named(joinedScopes(scopeMetrics, joining)) }
    // After the first fork, the producer always has metrics.
    const isComplete = !totals.hasForked || scopeMetrics.some(isWorkers)
    return { resourceMetrics: withPageOptions(joined, page), errors, isComplete }
  }
  const deltas = readerDeltas(reader)
  hide(reader, 'collect', async (options?: CollectionOptions): Promise<CollectionResult> => {
    return await (deltas?.collect(() => collectTotals(options)) ?? collectTotals(options))
  })
}

type CollectionOptions = Parameters<IMetricReader['collect']>[0]

function unchanged(scopes: ScopeMetrics[]): ScopeMetrics[] {
  return scopes
}

function warnReserved(name: string): void {
  warnOnce(reservedNameText(name))
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
