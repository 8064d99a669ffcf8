import { catalog } from '../model/catalog/catalog.ts'
import { declared, point } from '../model/catalog/declared.ts'
import type { ClusterEvent } from '../model/cluster-event.ts'
import type { Death } from '../model/death.ts'
import type { Standstill } from '../model/hang.ts'
import { MergeRules } from '../model/merging/merge-rules.ts'
import type { Descriptor, Metric } from '../model/metric.ts'
import type { StartOf } from '../otel/to-otel.ts'
import { failedReport } from '../relay/report.ts'
import { nodeClock } from '../support/clock.ts'
import { Aggregator } from './aggregator.ts'
import type { ClusterStateOptions } from './cluster-state-options.ts'
import { Hangs } from './hangs.ts'
import { ReportCounts } from './report-counts.ts'
import { ShownWorkers } from './shown-workers.ts'
import { SilentWorkers } from './silent-workers.ts'
import { startTimes } from './start-times.ts'
import { WorkerEnds } from './worker-ends.ts'
import type { WorkerStatus } from './worker-status.ts'
import type { WorkerCounts } from './workers/worker-counts.ts'
import type { WorkerRecord } from './workers/worker-record.ts'
import { WorkerRegistry } from './workers/worker-registry.ts'
import type { WorkerSnapshot } from './workers/worker-snapshot.ts'

/** Facts about the workers of one primary, or about a single process: reports, states, deaths. */
export class ClusterState {
  readonly #options: ClusterStateOptions
  readonly #workers: WorkerRegistry
  readonly #aggregator: Aggregator
  readonly #reports = new ReportCounts()
  readonly #silent: SilentWorkers
  readonly #ends: WorkerEnds
  readonly #shown: ShownWorkers
  /** Stacks of processes that hang. */
  readonly hangs: Hangs
  readonly #rules: MergeRules
  readonly #now: () => number
  readonly #startedAt: number

  constructor(options: ClusterStateOptions) {
    this.#options = options
    this.#now = options.now ?? nodeClock.now
    this.#startedAt = this.#now()
    const { usesSlots, maxSeries, retentionMs } = options
    this.#rules = new MergeRules(options)
    this.#workers = new WorkerRegistry({ slots: usesSlots, retentionMs })
    this.#aggregator = new Aggregator({
      workerIdOf: (source) => {
        this.#workers.identify(source, this.#now())
        return this.#workers.workerIdOf(source)
      },
      rules: this.#rules,
      reusesIds: usesSlots,
      maxSeries,
      onReservedName: options.onReservedName,
    })
    const watched = {
      ...options,
      now: this.#now,
      hasStack: ({ forkNumber }: WorkerRecord) => this.hangs.of(forkNumber) !== null,
    }
    this.#silent = new SilentWorkers(this.#workers, this.#aggregator, watched)
    this.hangs = new Hangs(options.hangs)
    const parts = {
      workers: this.#workers,
      aggregator: this.#aggregator,
      silent: this.#silent,
      hangs: this.hangs,
    }
    this.#ends = new WorkerEnds(
      { ...options, now: this.#now },
      {
        ...parts,
        takeLastReport: (forkNumber) => this.takeLastReport(forkNumber),
        onFreeRoom: () => this.#offerFreeRoom(),
      },
    )
    const { countsPlaceOf } = options
    this.#shown = new ShownWorkers({ ...parts, countsPlaceOf, now: this.#now })
  }

  report(forkNumber: number, text: unknown): void {
    // Of an ended worker that had never reported, the aggregator knows no end.
    const isLate = this.#workers.hasEnded(forkNumber)
    const result = isLate ? 'refused' : this.#aggregator.report(forkNumber, text)
    this.#reports.count(result, text)
    if (result === 'out_of_sequence') this.#options.resync(forkNumber)
    const source = this.#aggregator.identityOf(forkNumber)
    if (source && text === failedReport) this.#workers.showedLife(source, this.#now())
    if (result !== 'accepted' || !source) return
    this.#workers.reported(source, this.#now())
    this.hangs.reported(forkNumber)
    // Undefined in reports of an earlier version.
    const listening = this.#aggregator.valueOf(forkNumber, catalog.listening.name)
    if (listening !== undefined) this.#workers.reportedListening(forkNumber, listening > 0)
  }

  apply(event: ClusterEvent): void {
    // A replacement uses the `worker_id` of an ended worker.
    if (event.kind === 'forked') this.#ends.endUnread()
    if (event.kind !== 'ended') {
      this.#workers.apply(event, this.#now())
      return
    }
    this.#ends.end(event)
    this.#expire()
  }

  /** Looks for silent workers. Call this method each `stateLimits.silenceCheckMs`. */
  checkSilence(): void {
    this.#ends.endUnread()
    this.#ends.lookForCauses()
    this.#noteOwn()
    this.#silent.check()
  }

  /** Adds this process as a silent source, if it hangs before its first report without workers. */
  #noteOwn(): void {
    const { own } = this.#options
    const isKnown = this.#workers.isPrimary || this.#workers.live().length > 0
    if (own && this.primaryHangs && !isKnown) this.#workers.reported(own, this.#startedAt)
  }

  /** Takes the last report of a worker from its file. `none`: workers leave no files. */
  takeLastReport(forkNumber: number): 'taken' | 'missing' | 'unreadable' | 'none' {
    const { lastReports } = this.#options
    if (!lastReports) return 'none'
    const report = lastReports.take(forkNumber)
    if (report === undefined) return 'missing'
    if (report === 'unreadable') return report
    this.report(forkNumber, report.text)
    return 'taken'
  }

  /** Takes the counts of a worker from its crash file. Does nothing for a worker that has ended. */
  recoverCounts(forkNumber: number): void {
    this.#ends.recoverCounts(forkNumber)
  }

  metrics(): Metric[] {
    this.#ends.endUnread()
    this.#expire()
    return [...this.ownMetrics(), ...this.#silent.metrics()]
  }

  /** Metrics that no process reports. */
  ownMetrics(): Metric[] {
    return [
      ...this.#workers.metrics(this.#now()),
      ...(this.#workers.isPrimary ? this.#silent.primaryMetrics() : []),
      this.#ends.deathMetric(),
      ...this.#reports.metrics(),
      declared(catalog.exporterSeries, [point({}, this.#aggregator.seriesCount)]),
      this.#ends.crashFileMetric(),
    ]
  }

  /** Start of each series of `metrics`. */
  startOf(): StartOf {
    const { epochSeconds } = this.#options
    return startTimes({ epochSeconds, workers: this.#workers.starts(), rules: this.#rules })
  }

  /** Whether an SDK of the application exports metrics, too. */
  get hasOwnSdks(): boolean {
    return this.#aggregator.hasOwnSdks
  }

  get reports(): ReadonlyMap<string, number> {
    return this.#reports.byResult
  }

  /** Faults that the processes reported, by component. */
  get reportedFaults(): Readonly<Record<string, unknown>> {
    const points = this.#aggregator.reportedPoints(catalog.exporterFaults.name)
    return Object.fromEntries(
      points.map(({ attributes, value }) => [attributes['component'], value]),
    )
  }

  get seriesCount(): number {
    return this.#aggregator.seriesCount
  }

  /** Series left out, and ended workers forgotten early, by reason. */
  get dropped(): ReadonlyMap<string, number> {
    return new Map([
      ...this.#aggregator.dropped,
      ['retained_workers_limit', this.#workers.forgottenEarly],
    ])
  }

  /** Oldest first; at most `stateLimits.deaths`. */
  get deaths(): readonly Death[] {
    return this.#ends.deaths
  }

  /** Workers that a master wants; undefined without a master. */
  get wantedWorkers(): number | undefined {
    return this.#workers.wanted
  }

  workerCounts(): WorkerCounts {
    return this.#workers.counts()
  }

  /** Whether the main thread of the primary stands still. */
  get primaryHangs(): boolean {
    return this.#silent.primaryHangs
  }

  /** Live workers with last values. */
  workers(): WorkerStatus[] {
    return this.#shown.all()
  }

  /** The primary's standstill; null while its event loop turns, undefined without a primary. */
  get primaryHang(): Standstill | null | undefined {
    return this.#shown.primaryHang
  }

  /** Live workers without last values. */
  snapshots(): WorkerSnapshot[] {
    return this.#workers.snapshots(this.#now())
  }

  /** The reported metrics with an OpenTelemetry name. */
  metricsOf(name: string): Metric[] {
    return this.#aggregator.metricsOf(name)
  }

  /** The descriptors of reported metrics. */
  descriptors(): Descriptor[] {
    return this.#aggregator.descriptors()
  }

  /** Looks for the stacks of workers that are silent. */
  lookForHangs(): void {
    this.hangs.look(this.#workers.snapshots(this.#now()))
  }

  /** Forgets ended workers after the retention. */
  #expire(): void {
    const expired = this.#workers.expire(this.#now())
    for (const forkNumber of expired) {
      this.#aggregator.forget(forkNumber)
      this.#ends.forget(forkNumber)
    }
    if (expired.length > 0) this.#offerFreeRoom()
  }

  /** Sources over the limit report everything again, and can use the free room. */
  #offerFreeRoom(): void {
    for (const forkNumber of this.#aggregator.takeSourcesOverLimit())
      this.#options.resync(forkNumber)
  }
}
