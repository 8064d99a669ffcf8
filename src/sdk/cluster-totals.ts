import type { ChildProcess } from 'node:child_process'
import type { Cluster } from 'node:cluster'
import { ClusterCollector } from '../collect/cluster/cluster.ts'
import { onFirstFork } from '../collect/cluster/forks.ts'
import { observeSignals } from '../collect/cluster/signals.ts'
import { stateLimits } from '../limits/state.ts'
import { logDeath } from '../log/log-death.ts'
import { catalog } from '../model/catalog/catalog.ts'
import { declared, labelled } from '../model/catalog/declared.ts'
import type { Metric } from '../model/metric.ts'
import type { StartOf } from '../otel/to-otel.ts'
import { listenToWorker, requestResync } from '../relay/ipc.ts'
import { LastReports } from '../relay/last-report/last-report.ts'
import { recordOwner } from '../relay/last-report/leftovers.ts'
import { ClusterState } from '../state/cluster-state.ts'
import { memoryEvents } from '../state/oom-kills.ts'
import { messageOf } from '../support/error-message.ts'
import { ownProcessIdentity, startSeconds } from '../support/process-identity.ts'
import { type Stop, stopAll } from '../support/stop.ts'
import type { ClusterMetricSource } from './cluster-metric-producer.ts'
import { lastReportDirectory } from './cluster-metric-reader.ts'
import { registerReporter } from './cluster-speaker.ts'
import { warnOnce } from './sdk-warning.ts'

export interface ClusterTotalsOptions {
  /**
   * Merges nothing: every metric of the application keeps the `worker_id` of its worker. Default
   * false.
   */
  readonly keepWorkerId?: boolean | undefined
  /**
   * `age`: `worker_<age>_<start>`, the default; `slot`: `worker_1 … worker_n`, which replacements
   * take over.
   */
  readonly workerId?: 'age' | 'slot' | undefined
  /** Series over all workers; more are left out and counted. Default 100,000. */
  readonly maxSeries?: number | undefined
  /**
   * Directory of last reports that the channel cannot take; `off` for none. The system's temporary
   * one by default.
   */
  readonly multiprocDir?: string | undefined
}

/**
 * What the workers of this process measured, whose SDKs have a `ClusterMetricReader`: kept on the
 * main thread of the primary, merged when it is read. Waits for the first `cluster.fork()`, and is
 * empty where none comes.
 */
export class ClusterTotals implements ClusterMetricSource {
  readonly #directory: string | undefined
  readonly #state: ClusterState
  readonly #stops: Stop[]
  /** The live workers by fork number. */
  readonly #children = new Map<number, { readonly process: ChildProcess; readonly stop: Stop }>()
  readonly #faults = new Map<string, number>()
  #isLeading = false

  constructor(options: ClusterTotalsOptions = {}) {
    this.#directory = lastReportDirectory(options.multiprocDir)
    this.#state = new ClusterState({
      usesSlots: options.workerId === 'slot',
      keepWorkerId: options.keepWorkerId ?? false,
      maxSeries: options.maxSeries ?? stateLimits.series,
      lastReports: this.#lastReports(),
      crashFiles: undefined,
      memoryEvents: memoryEvents(),
      epochSeconds: startSeconds,
      resync: (forkNumber) => this.#resync(forkNumber),
      onDeath: (death) => this.#guard('death', () => logDeath(death)),
    })
    this.#stops = [
      registerReporter(this),
      observeSignals((reason) => this.#state.apply({ kind: 'signal', reason })),
      onFirstFork((cluster) => this.#guard('cluster', () => this.#lead(cluster))),
    ]
  }

  /** Whether this process has forked workers. */
  get isLeading(): boolean {
    return this.#isLeading
  }

  /** What is known now; nothing before the first fork. */
  metrics(): readonly Metric[] {
    if (!this.#isLeading) return []
    return [...this.#state.metrics(Date.now()), this.#droppedSeries(), this.#faultCounts()]
  }

  /** Since when the series of `metrics` count. */
  get startOf(): StartOf {
    return this.#state.startOf()
  }

  /** Lets go of the workers; what they told stays readable. */
  stop(): void {
    stopAll(this.#stops)
    for (const { stop } of this.#children.values()) stop()
    this.#children.clear()
  }

  #lead(cluster: Cluster): void {
    this.#isLeading = true
    this.#prepareLastReports()
    const collector = new ClusterCollector(cluster, {
      onEvent: (event) => {
        if (event.kind === 'ended') this.#release(event.forkNumber)
        this.#state.apply(event)
      },
      onWorker: (forkNumber, child) => this.#hear(forkNumber, child),
      onFault: (part) => this.#countFault(part),
    })
    this.#stops.push(() => collector.stop())
  }

  #hear(forkNumber: number, child: ChildProcess): void {
    const onReport = (text: unknown): void =>
      this.#guard('report', () => this.#state.report(forkNumber, text))
    this.#children.set(forkNumber, {
      process: child,
      stop: listenToWorker(child, { onReport }, 'sdk'),
    })
  }

  #release(forkNumber: number): void {
    this.#children.get(forkNumber)?.stop()
    this.#children.delete(forkNumber)
  }

  #resync(forkNumber: number): void {
    const child = this.#children.get(forkNumber)
    if (child) requestResync(child.process, 'sdk')
  }

  #lastReports(): LastReports | undefined {
    const directory = this.#directory
    return directory === undefined ? undefined : new LastReports(directory, process.pid, 'sdk')
  }

  #prepareLastReports(): void {
    const [directory, reports] = [this.#directory, this.#lastReports()]
    if (directory === undefined || !reports) return
    try {
      reports.prepare()
    } catch (error) {
      warnOnce(`last reports too large for the IPC channel will be lost: ${messageOf(error)}`)
      return
    }
    const clear = (): void => this.#guard('last_reports', () => reports.clear())
    process.on('exit', clear)
    this.#stops.push(clear, () => process.off('exit', clear))
    this.#guard('last_reports', () => recordOwner(directory, ownProcessIdentity(), 'sdk'))
  }

  /** Nothing thrown here is the application's business. */
  #guard(part: string, act: () => void): void {
    try {
      act()
    } catch {
      this.#countFault(part)
    }
  }

  #countFault(part: string): void {
    this.#faults.set(`primary ${part}`, (this.#faults.get(`primary ${part}`) ?? 0) + 1)
  }

  #droppedSeries(): Metric {
    return declared(catalog.exporterDroppedSeries, labelled(this.#state.dropped, 'reason'))
  }

  #faultCounts(): Metric {
    return declared(catalog.exporterFaults, labelled(this.#faults, 'component'))
  }
}
