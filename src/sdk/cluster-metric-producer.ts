import type { CollectionResult, MetricProducer, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { Metric } from '../model/metric.ts'
import { type StartOf, toOtel } from '../otel/to-otel.ts'
import { startSeconds } from '../support/process-identity.ts'

/** What a `ClusterMetricProducer` reads. */
export interface ClusterMetricSource {
  /** Everything that is known now. */
  readonly metrics: () => readonly Metric[]
  /** Since when a series counts; without, all count since the start of this process. */
  readonly startOf?: StartOf
}

/**
 * The metrics of a whole cluster for any OTel `MetricReader`, always cumulative. The resource of
 * what it collects is empty, as readers take their own.
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

  /** Never rejects: what could not be read is among the errors of the result. */
  async collect(): Promise<CollectionResult> {
    const startOf = this.#source.startOf ?? ((): number => startSeconds)
    try {
      const scopeMetrics = toOtel(this.#source.metrics(), { now: Date.now(), startOf })
      return { resourceMetrics: { resource: noResource, scopeMetrics }, errors: [] }
    } catch (error) {
      return { resourceMetrics: { resource: noResource, scopeMetrics: [] }, errors: [error] }
    }
  }
}

/** Made here, since the package that has one would be loaded for nothing else. */
const noResource: ResourceMetrics['resource'] = {
  attributes: {},
  merge: (other) => other ?? noResource,
  getRawAttributes: () => [],
}
