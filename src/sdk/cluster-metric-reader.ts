import type { Worker } from 'node:cluster'
import { tmpdir } from 'node:os'
import { isMainThread } from 'node:worker_threads'
import {
  type MetricProducer,
  MetricReader,
  type MetricReaderOptions,
} from '@opentelemetry/sdk-metrics'
import { workerCluster } from '../collect/cluster/forks.ts'
import { catalog } from '../model/catalog/catalog.ts'
import type { Metric } from '../model/metric.ts'
import { ownScope } from '../model/own-scope.ts'
import { OtelReading } from '../otel/sdk-reading.ts'
import { WorkerReporter } from '../relay/worker-reporter.ts'
import { warnOnce } from './sdk-warning.ts'

export interface ClusterMetricReaderOptions {
  /** As the SDK's readers have it. */
  readonly aggregationSelector?: MetricReaderOptions['aggregationSelector']
  /** As the SDK's readers have it. */
  readonly cardinalitySelector?: MetricReaderOptions['cardinalitySelector']
  /**
   * Directory for a last report that the channel to the primary cannot take; `off` for none. The
   * same as the primary's; the system's temporary one by default.
   */
  readonly multiprocDir?: string | undefined
}

/**
 * The reader of a cluster worker's SDK: tells the primary about once a second what changed, at
 * `forceFlush()`, and when the worker shuts down, disconnects or ends. Keeps no process alive.
 * Always cumulative, so that nothing is lost with a report. In a process that is no cluster worker
 * it does nothing, and tells OTel's `diag` so.
 *
 * ```ts
 * new MeterProvider({ readers: [new ClusterMetricReader()] })
 * ```
 */
export class ClusterMetricReader extends MetricReader {
  readonly #multiprocDir: string | undefined
  #reports: WorkerReporter | undefined

  constructor(options: ClusterMetricReaderOptions = {}) {
    const { aggregationSelector, cardinalitySelector } = options
    super({
      ...(aggregationSelector && { aggregationSelector }),
      ...(cardinalitySelector && { cardinalitySelector }),
    })
    this.#multiprocDir = lastReportDirectory(options.multiprocDir)
  }

  /** Called by the SDK. @throws where the reader has an SDK already. */
  override setMetricProducer(producer: MetricProducer): void {
    super.setMetricProducer(producer)
    const worker = claimWorker()
    if (!worker) return
    const reading = new OtelReading({
      collect: () => this.collect(),
      onUnsupported: (name) => warnOnce(`the metric ${name} is left out: its bounds do not ascend`),
      onSlow: () =>
        warnOnce('observable instruments were left out of a report: they took too long'),
    })
    reading.attach(producer)
    this.#reports = new WorkerReporter({
      worker,
      stream: 'sdk',
      multiprocDir: this.#multiprocDir,
      collect: async () => withoutState(await reading.collect()),
      collectNow: () => withoutState(reading.collectNow()),
      onFault: (part) => warnOnce(`a report met a fault: ${part}`),
      warn: warnOnce,
    })
  }

  protected override async onForceFlush(): Promise<void> {
    await this.#reports?.report()
  }

  protected override async onShutdown(): Promise<void> {
    const reports = this.#reports
    if (!reports) return
    await reports.report()
    // Shut down twice at once, the SDK asks twice.
    if (this.#reports !== reports) return
    reports.stop()
    this.#reports = undefined
    isReporting = false
  }
}

/** The primary knows it better: it sees workers leave and end. */
function withoutState(metrics: readonly Metric[]): Metric[] {
  return metrics.filter(
    ({ descriptor: { scope, name } }) => scope !== ownScope || name !== catalog.state.name,
  )
}

let isReporting = false

/**
 * Undefined where this process is no worker, or has a reader that reports: two would say different
 * things under one number.
 */
function claimWorker(): Worker | undefined {
  const worker = isMainThread ? workerCluster()?.worker : undefined
  if (!worker) warnOnce('a ClusterMetricReader reports in the main thread of cluster workers only')
  else if (isReporting) warnOnce('a second ClusterMetricReader in one worker does not report')
  if (!worker || isReporting) return undefined
  isReporting = true
  return worker
}

/** @param option as given to a reader or to the totals. */
export function lastReportDirectory(option: string | undefined): string | undefined {
  return option === 'off' ? undefined : (option ?? tmpdir())
}
