import type { Worker } from 'node:cluster'
import { tmpdir } from 'node:os'
import { isMainThread } from 'node:worker_threads'
import {
  type MetricProducer,
  MetricReader,
  type MetricReaderOptions,
} from '@opentelemetry/sdk-metrics'
import { workerCluster } from '../collect/cluster/forks.ts'
import { observeUncaughtErrors, type UncaughtErrors } from '../collect/process/end.ts'
import { describeError } from '../collect/process/uncaught-error.ts'
import { environment } from '../config/environment.ts'
import { sdkFilesVariable } from '../config/variables.ts'
import { parseWorkersDirectory, type WorkersDirectory } from '../files/workers-directory.ts'
import { withoutSecrets } from '../log/redact.ts'
import { catalog } from '../model/catalog/catalog.ts'
import type { Metric } from '../model/metric.ts'
import { ownScope } from '../model/own-scope.ts'
import { FailingObservables } from '../otel/failing-observables.ts'
import { OtelReading } from '../otel/sdk-reading.ts'
import { WorkerReporter } from '../relay/worker-reporter.ts'
import { warnOnce } from './sdk-warning.ts'

export interface ClusterMetricReaderOptions {
  /** The option of the SDK's readers. Default: the aggregations of each instrument's kind. */
  readonly aggregationSelector?: MetricReaderOptions['aggregationSelector']
  /** The option of the SDK's readers. Default: the SDK's limit, 2,000 for each instrument. */
  readonly cardinalitySelector?: MetricReaderOptions['cardinalitySelector']
  /**
   * Directory for a last report that is too large for the IPC channel. The primary must use the
   * same directory. `off`: no directory. Default: the temporary directory of the system.
   */
  readonly multiprocDir?: string | undefined
  /**
   * Whether the primary's line about an ended worker has the message of the uncaught error.
   * Default: true.
   */
  readonly errorMessages?: boolean | undefined
}

/**
 * The reader for the SDK of a cluster worker. Reports changed series to the primary about once a
 * second, at `forceFlush()`, and when the worker shuts down, disconnects or ends. Keeps no process
 * alive. Always cumulative, so a lost report loses no count. In other processes, the reader does
 * nothing and logs a warning to OTel's `diag`.
 *
 * ```ts
 * new MeterProvider({ readers: [new ClusterMetricReader()] })
 * ```
 */
export class ClusterMetricReader extends MetricReader {
  readonly #multiprocDir: string | undefined
  readonly #showsMessages: boolean
  #reports: WorkerReporter | undefined
  #errors: UncaughtErrors | undefined

  constructor(options: ClusterMetricReaderOptions = {}) {
    const { aggregationSelector, cardinalitySelector } = options
    super({
      ...(aggregationSelector && { aggregationSelector }),
      ...(cardinalitySelector && { cardinalitySelector }),
    })
    this.#multiprocDir = lastReportDirectory(options.multiprocDir)
    this.#showsMessages = options.errorMessages ?? true
  }

  /** The SDK calls this method. @throws if the reader already has an SDK. */
  override setMetricProducer(producer: MetricProducer): void {
    super.setMetricProducer(producer)
    const worker = reportingWorker()
    if (!worker) return
    const description = { showsMessage: this.#showsMessages, withoutSecrets }
    const failing = new FailingObservables({
      describe: (error) => describeError(error, description),
      warn: warnOnce,
    })
    const reading = new OtelReading({
      collect: () => this.collect(),
      onUnsupported: (name) => warnOnce(`the metric ${name} is left out: its bounds do not ascend`),
      onSlow: () =>
        warnOnce('observable instruments were left out of a report: they took too long'),
      onFailed: (error) => failing.tell(error),
    })
    reading.attach(producer)
    const errors = observeUncaughtErrors(description)
    this.#reports = new WorkerReporter({
      worker,
      stream: 'sdk',
      directory: handedDirectory(this.#multiprocDir),
      collect: async () => withoutState(await reading.collect()),
      collectNow: () => withoutState(reading.collectNow()),
      onFault: (component) => warnOnce(`a report met a fault: ${component}`),
      warn: warnOnce,
      uncaughtError: errors.last,
    })
    this.#errors = errors
  }

  protected override async onForceFlush(): Promise<void> {
    await this.#reports?.report()
  }

  protected override async onShutdown(): Promise<void> {
    const reports = this.#reports
    if (!reports) return
    await reports.report()
    // Two simultaneous shutdowns of the SDK call this method twice.
    if (this.#reports !== reports) return
    reports.stop()
    this.#reports = undefined
    this.#errors?.stop()
    isReporting = false
  }
}

/**
 * Drops the worker's own state. The primary knows the state better, because workers leave and end.
 */
function withoutState(metrics: readonly Metric[]): Metric[] {
  return metrics.filter(
    ({ descriptor: { scope, name } }) => scope !== ownScope || name !== catalog.state.name,
  )
}

/** The directory of the `ClusterTotals` in the primary. */
function handedDirectory(option: string | undefined): WorkersDirectory | undefined {
  if (option === undefined) return undefined
  return parseWorkersDirectory(environment()[sdkFilesVariable], process.ppid)
}

let isReporting = false

/**
 * The worker of this process; undefined in other processes, and if another reader already reports.
 * Two readers would report different values under the same fork number.
 */
function reportingWorker(): Worker | undefined {
  const worker = isMainThread ? workerCluster()?.worker : undefined
  if (!worker) warnOnce('a ClusterMetricReader reports in the main thread of cluster workers only')
  else if (isReporting) warnOnce('a second ClusterMetricReader in one worker does not report')
  if (!worker || isReporting) return undefined
  isReporting = true
  return worker
}

/** @param option the `multiprocDir` of a reader or of the totals. */
export function lastReportDirectory(option: string | undefined): string | undefined {
  return option?.toLowerCase() === 'off' ? undefined : (option ?? tmpdir())
}
