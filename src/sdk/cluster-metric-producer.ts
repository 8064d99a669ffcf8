import type { CollectionResult, MetricProducer, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { Metric } from '../model/metric.ts'
import { type StartOf, toOtel } from '../otel/to-otel.ts'
import { unixNow } from '../support/intrinsics/unix-now.ts'
import { startSeconds } from '../support/process/process-identity.ts'

/** The source of a `ClusterMetricProducer`. */
export interface ClusterMetricSource {
  /** Returns the metrics at this moment. */
  readonly metrics: () => readonly Metric[]
  /** Returns the start of a series. Default: the start of this process. */
  readonly startOf?: StartOf
}

/**
 * Provides the metrics of a whole cluster to any OTel `MetricReader`, always cumulative. The
 * resource of a collection is empty, because a reader uses the resource of its own SDK.
 *
 * ```ts
 * new PrometheusExporter({ metricProducers: [clusterMetricProducer] })
 * ```
 */
export class ClusterMetricProducer implements MetricProducer {
  readonly #source: ClusterMetricSource

  constructor(source: ClusterMetricSource) {
    this.#source = source
  }

  /** Never rejects. The result lists the error of a failed read. */
  async collect(): Promise<CollectionResult> {
    const startOf = this.#source.startOf ?? ((): number => startSeconds)
    try {
      // Unix time, because the times of OTel data are Unix times.
      const scopeMetrics = toOtel(this.#source.metrics(), { now: unixNow(), startOf })
      return { resourceMetrics: { resource: noResource, scopeMetrics }, errors: [] }
    } catch (error) {
      return { resourceMetrics: { resource: noResource, scopeMetrics: [] }, errors: [error] }
    }
  }
}

/** An empty resource. The package with such a resource would be loaded for this constant only. */
const noResource: ResourceMetrics['resource'] = {
  attributes: {},
  merge: (other) => other ?? noResource,
  getRawAttributes: () => [],
}
