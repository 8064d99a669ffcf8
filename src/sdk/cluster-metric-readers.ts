import { isMainThread } from 'node:worker_threads'
import type {
  CollectionResult,
  IMetricReader,
  MetricProducer,
  ScopeMetrics,
} from '@opentelemetry/sdk-metrics'
import { workerCluster } from '../collect/cluster/forks.ts'
import { ownScope } from '../model/own-scope.ts'
import { joinScopes } from '../otel/join-scopes.ts'
import { hide } from '../support/hidden-property.ts'
import { ClusterMetricProducer } from './cluster-metric-producer.ts'
import { ClusterMetricReader, type ClusterMetricReaderOptions } from './cluster-metric-reader.ts'
import { ClusterTotals, type ClusterTotalsOptions } from './cluster-totals.ts'

export interface ClusterMetricReadersOptions
  extends ClusterMetricReaderOptions,
    ClusterTotalsOptions {
  /**
   * Makes the readers of a process that is no cluster worker, and gives each the producers. They
   * carry the workers' metrics once there are workers, and nothing before.
   */
  readonly readers: (metricProducers: MetricProducer[]) => IMetricReader[]
}

/**
 * The metric readers of this process's SDK, whichever process it is: in a cluster worker one that
 * reports to the primary, elsewhere yours, which then have the metrics of the whole cluster. Call
 * it before the first `cluster.fork()`.
 *
 * What the primary itself measures is added to what its workers do, so that no exporter meets a
 * metric twice. When the last of your readers is shut down, the workers are let go of.
 *
 * ```ts
 * new NodeSDK({
 *   metricReaders: clusterMetricReaders({
 *     readers: (metricProducers) => [new PrometheusExporter({ port: 9464, metricProducers })],
 *   }),
 * })
 * ```
 */
export function clusterMetricReaders(options: ClusterMetricReadersOptions): IMetricReader[] {
  // A thread of the application's has an SDK and no channel of its own.
  if (!isMainThread) return options.readers([])
  if (workerCluster()) return [new ClusterMetricReader(options)]
  const totals = new ClusterTotals(options)
  const producer = new ClusterMetricProducer(totals)
  const produced = new WeakSet<ScopeMetrics>()
  const noting: MetricProducer = {
    async collect() {
      const result = await producer.collect()
      for (const scopeMetrics of result.resourceMetrics.scopeMetrics) produced.add(scopeMetrics)
      return result
    },
  }
  const readers = options.readers([noting])
  const open = new Set(readers)
  for (const reader of readers) {
    joinCollections(reader, { isJoined: () => totals.isLeading, produced })
    onShutdown(reader, () => {
      open.delete(reader)
      if (open.size === 0) totals.stop()
    })
  }
  return readers
}

interface Joining {
  readonly isJoined: () => boolean
  /** What came from the cluster's producer, not from the primary's SDK. */
  readonly produced: WeakSet<ScopeMetrics>
}

/** On the reader itself: an exporter calls its own `collect`. */
function joinCollections(reader: IMetricReader, { isJoined, produced }: Joining): void {
  const collect = reader.collect.bind(reader)
  hide(reader, 'collect', async (options?: Parameters<typeof collect>[0]) => {
    const result = await collect(options)
    if (!isJoined()) return result
    const { resourceMetrics, errors } = result
    // An SDK never forgets what our instrumentation told of this process before it forked.
    const all = resourceMetrics.scopeMetrics.filter(
      (each) => each.scope.name !== ownScope || produced.has(each),
    )
    const joined: CollectionResult = {
      resourceMetrics: { ...resourceMetrics, scopeMetrics: joinScopes(all) },
      errors,
    }
    return joined
  })
}

function onShutdown(reader: IMetricReader, act: () => void): void {
  const shutdown = reader.shutdown.bind(reader)
  hide(reader, 'shutdown', async (options?: Parameters<typeof shutdown>[0]) => {
    try {
      await shutdown(options)
    } finally {
      act()
    }
  })
}
