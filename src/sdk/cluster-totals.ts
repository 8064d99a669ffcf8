import type { Cluster } from 'node:cluster'
import { ClusterCollector } from '../collect/cluster/cluster.ts'
import { onFirstFork } from '../collect/cluster/forks.ts'
import { observeSignals } from '../collect/cluster/signals.ts'
import { addToWorkers } from '../collect/cluster/worker-variables.ts'
import { reservedNameText } from '../exposition/reserved-names.ts'
import { stateLimits } from '../limits/state.ts'
import { logDeath } from '../log/log-death.ts'
import { catalog } from '../model/catalog/catalog.ts'
import { declared, labelled } from '../model/catalog/declared.ts'
import { codedError } from '../model/errors/coded-error.ts'
import type { Metric } from '../model/metric.ts'
import type { StartOf } from '../otel/to-otel.ts'
import { ClusterState } from '../state/cluster-state.ts'
import { oomCounterFile } from '../state/ends/oom-counter.ts'
import { nodeClock } from '../support/clock.ts'
import { preloadTellsDeaths } from '../support/preload-key.ts'
import { startSeconds } from '../support/process/process-identity.ts'
import { type Stop, stopAll } from '../support/stop.ts'
import type { ClusterMetricSource } from './cluster-metric-producer.ts'
import { lastReportDirectory } from './cluster-metric-reader.ts'
import { registerReporter } from './cluster-reporters.ts'
import { LastReportFiles } from './last-report-files.ts'
import { type MergeOptions, mergeSettingsOf } from './merge-rules-option.ts'
import { ReportingWorkers } from './reporting-workers.ts'
import { warnOnce } from './sdk-warning.ts'

export interface ClusterTotalsOptions extends MergeOptions {
  /**
   * The form of `worker_id`. `age`: `worker_<age>_<start>`, the default. `slot`: `worker_1` to
   * `worker_n`; a replacement takes over the slot of an ended worker.
   */
  readonly workerId?: 'age' | 'slot' | undefined
  /** Most series of all workers. Further series are dropped and counted. Default: 100,000. */
  readonly maxSeries?: number | undefined
  /**
   * Time that counters and histograms of an ended worker stay, seconds from 1 to 86,400. Gauges end
   * with their worker. Default: 300.
   */
  readonly workerRetentionSeconds?: number | undefined
  /**
   * Directory for last reports that are too large for the IPC channel. `off`: no directory.
   * Default: the temporary directory of the system.
   */
  readonly multiprocDir?: string | undefined
}

/**
 * The metrics of the workers that this process forks. The SDK of each worker needs a
 * `ClusterMetricReader`. The totals live on the main thread of the primary, and merge at each read.
 * Without a worker, the totals are empty.
 */
export class ClusterTotals implements ClusterMetricSource {
  readonly #state: ClusterState
  readonly #stops: Stop[]
  readonly #workers = new ReportingWorkers()
  readonly #faults = new Map<string, number>()
  /** Most gauges in one export that another gauge of the primary replaced. */
  #repeatedGauges = 0
  #hasForked = false

  constructor(options: ClusterTotalsOptions = {}) {
    const parent = lastReportDirectory(options.multiprocDir)
    const files = parent === undefined ? undefined : new LastReportFiles(parent)
    this.#state = new ClusterState({
      usesSlots: options.workerId === 'slot',
      ...mergeSettingsOf(options),
      maxSeries: options.maxSeries ?? stateLimits.series,
      retentionMs: retentionOf(options),
      lastReports: files?.reports,
      crashFiles: undefined,
      oomCounterFile: oomCounterFile(),
      epochSeconds: startSeconds,
      resync: (forkNumber) => this.#workers.requestResync(forkNumber),
      onReservedName: (name) => warnOnce(reservedNameText(name)),
      onDeath: (death) => this.#guard('death', () => preloadTellsDeaths() || logDeath(death)),
    })
    this.#stops = [
      registerReporter(this),
      addToWorkers(
        () => files?.prepareFork() ?? {},
        () => this.#countFault('worker_variables'),
      ),
      () => files?.stop(),
      observeSignals((reason) => this.#state.apply({ kind: 'signal', reason })),
      onFirstFork((cluster) => this.#guard('cluster', () => this.#follow(cluster))),
    ]
  }

  /** Whether this process has forked workers. */
  get hasForked(): boolean {
    return this.#hasForked
  }

  /** The metrics at this moment; empty before the first fork. */
  metrics(): readonly Metric[] {
    if (!this.#hasForked) return []
    return [...this.#state.metrics(), this.#droppedSeries(), this.#faultCounts()]
  }

  /** Returns the start of the series in `metrics`. */
  get startOf(): StartOf {
    return this.#state.startOf()
  }

  /**
   * Asks each worker for a report. Resolves when each worker has reported or ended, or after one
   * second. Call this method before the last export of the primary. Never rejects.
   */
  async forceFlush(): Promise<void> {
    await this.#workers.report()
  }

  /** Notes the gauges that one export of the primary leaves out. */
  noteRepeatedGauges(count: number): void {
    this.#repeatedGauges = Math.max(this.#repeatedGauges, count)
  }

  /** Stops following the workers. The last metrics stay readable. */
  stop(): void {
    stopAll(this.#stops)
    this.#workers.clear()
  }

  #follow(cluster: Cluster): void {
    this.#hasForked = true
    const collector = new ClusterCollector(cluster, {
      onEvent: (event) => {
        this.#state.apply(event)
        if (event.kind === 'ended') this.#workers.release(event.forkNumber)
      },
      onWorker: (forkNumber, child) =>
        this.#workers.add(forkNumber, child, (text) =>
          this.#guard('report', () => this.#state.report(forkNumber, text)),
        ),
      onFault: (component) => this.#countFault(component),
    })
    const checkSilence = (): void => this.#guard('silence', () => this.#state.checkSilence())
    const stopChecks = nodeClock.every(stateLimits.silenceCheckMs, checkSilence)
    this.#stops.push(() => collector.stop(), stopChecks)
  }

  /** An error of this package must not reach the application. */
  #guard(component: string, act: () => void): void {
    try {
      act()
    } catch {
      this.#countFault(component)
    }
  }

  #countFault(component: string): void {
    const key = `primary_${component}`
    this.#faults.set(key, (this.#faults.get(key) ?? 0) + 1)
  }

  #droppedSeries(): Metric {
    const dropped = new Map(this.#state.dropped)
    const repeated = (dropped.get('repeated_gauge') ?? 0) + this.#repeatedGauges
    if (repeated > 0) dropped.set('repeated_gauge', repeated)
    return declared(catalog.exporterDroppedSeries, labelled(dropped, 'reason'))
  }

  #faultCounts(): Metric {
    return declared(catalog.exporterFaults, labelled(this.#faults, 'component'))
  }
}

/** @throws a RangeError for a time out of range. */
function retentionOf({ workerRetentionSeconds: seconds }: ClusterTotalsOptions): number {
  const { retentionMs, longestRetentionMs } = stateLimits
  if (seconds === undefined) return retentionMs
  if (seconds >= 1 && 1_000 * seconds <= longestRetentionMs) return 1_000 * seconds
  const most = longestRetentionMs / 1_000
  const text = `workerRetentionSeconds is ${seconds}: allowed are seconds from 1 to ${most}`
  throw codedError('GPE_ARGUMENT', text, { kind: RangeError })
}
