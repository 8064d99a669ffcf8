import { catalog } from '../model/catalog/catalog.ts'
import { declared, point } from '../model/catalog/declared.ts'
import type { ClusterEvent } from '../model/cluster-event.ts'
import type { Death } from '../model/death.ts'
import type { Metric } from '../model/metric.ts'
import type { StartOf } from '../otel/to-otel.ts'
import { nodeClock } from '../support/clock.ts'
import { Aggregator } from './aggregator.ts'
import type { ClusterStateOptions } from './cluster-state-options.ts'
import { CrashRecovery } from './crash-recovery.ts'
import { Deaths, deathOf } from './deaths.ts'
import { EndCauses } from './end-causes/end-causes.ts'
import { Hangs } from './hangs.ts'
import { type LastValues, lastValuesOf } from './last-values.ts'
import { ReportCounts } from './report-counts.ts'
import { SilentWorkers } from './silent-workers.ts'
import { startTimes } from './start-times.ts'
import { type WorkerStatus, workerStatus } from './worker-status.ts'
import { UnreadEnds } from './workers/unread-ends.ts'
import type { WorkerCounts } from './workers/worker-counts.ts'
import type { WorkerRecord } from './workers/worker-record.ts'
import { WorkerRegistry } from './workers/worker-registry.ts'

type Ended = Extract<ClusterEvent, { kind: 'ended' }>

/** Facts about the workers of one primary, or about a single process: reports, states, deaths. */
export class ClusterState {
  readonly #options: ClusterStateOptions
  readonly #workers: WorkerRegistry
  readonly #aggregator: Aggregator
  readonly #deaths = new Deaths()
  readonly #causes: EndCauses
  readonly #reports = new ReportCounts()
  readonly #recovery: CrashRecovery
  readonly #silent: SilentWorkers
  readonly #unread: UnreadEnds
  /** Stacks of processes that hang. */
  readonly hangs: Hangs
  readonly #now: () => number
  readonly #startedAt: number

  constructor(options: ClusterStateOptions) {
    this.#options = options
    this.#now = options.now ?? nodeClock.now
    this.#startedAt = this.#now()
    const { usesSlots, keepWorkerId, maxSeries, retentionMs } = options
    this.#causes = new EndCauses({ ...options, now: this.#now })
    this.#workers = new WorkerRegistry({ slots: usesSlots, retentionMs })
    this.#aggregator = new Aggregator({
      workerIdOf: (source) => {
        this.#workers.identify(source, this.#now())
        return this.#workers.workerIdOf(source)
      },
      mergesNothing: keepWorkerId,
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
    this.#recovery = new CrashRecovery(options.crashFiles, this.#aggregator)
    this.#unread = new UnreadEnds(this.#now)
    this.hangs = new Hangs(options.hangs)
  }

  report(forkNumber: number, text: unknown): void {
    // Of an ended worker that had never reported, the aggregator knows no end.
    const isLate = this.#workers.hasEnded(forkNumber)
    const result = isLate ? 'refused' : this.#aggregator.report(forkNumber, text)
    this.#reports.count(result, text)
    if (result === 'out_of_sequence') this.#options.resync(forkNumber)
    const source = this.#aggregator.identityOf(forkNumber)
    if (result !== 'accepted' || !source) return
    this.#workers.reported(source, this.#now())
    this.hangs.reported(forkNumber)
    // Undefined in reports of an earlier version.
    const listening = this.#aggregator.valueOf(forkNumber, catalog.listening.name)
    if (listening !== undefined) this.#workers.reportedListening(forkNumber, listening > 0)
  }

  apply(event: ClusterEvent): void {
    // A replacement uses the `worker_id` of an ended worker.
    if (event.kind === 'forked') this.#endUnread()
    if (event.kind === 'ended') this.#end(event)
    else this.#workers.apply(event, this.#now())
  }

  /** Reads the files of an ended worker, now or later. */
  #end(ended: Ended): void {
    const { forkNumber } = ended
    const counts =
      this.takeLastReport(forkNumber) === 'unreadable'
        ? 'unreadable'
        : this.#recovery.take(forkNumber)
    if (counts === 'unreadable' && this.#unread.add(ended)) return
    this.#unread.delete(forkNumber)
    this.#retire(ended, counts)
  }

  #endUnread(): void {
    for (const ended of this.#unread.all()) this.#end(ended)
  }

  /** Looks for silent workers. Call this method each `stateLimits.silenceCheckMs`. */
  checkSilence(): void {
    this.#endUnread()
    this.#causes.look(this.#workers.snapshots(this.#now()), (forkNumber, name) =>
      this.#aggregator.valueOf(forkNumber, name),
    )
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
    const worker = this.#workers.snapshotOf(forkNumber, this.#now())
    if (worker) this.#recovery.recover(forkNumber, worker.pid)
  }

  metrics(): Metric[] {
    this.#endUnread()
    this.#expire()
    return [
      ...this.#workers.metrics(this.#now()),
      ...(this.#workers.isPrimary ? this.#silent.primaryMetrics() : []),
      this.#deaths.metric(),
      ...this.#silent.metrics(),
      ...this.#reports.metrics(),
      declared(catalog.exporterSeries, [point({}, this.#aggregator.seriesCount)]),
      this.#recovery.metric(),
    ]
  }

  /** Start of each series of `metrics`. */
  startOf(): StartOf {
    const { epochSeconds, keepWorkerId: keepsWorkerId } = this.#options
    return startTimes({ epochSeconds, workers: this.#workers.starts(), keepsWorkerId })
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
    return this.#deaths.last
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
    return this.#workers.snapshots(this.#now()).map((snapshot) => {
      const { forkNumber } = snapshot
      return workerStatus(snapshot, this.#lastValues(forkNumber), this.hangs.of(forkNumber))
    })
  }

  /** Looks for the stacks of workers that are silent. */
  lookForHangs(): void {
    this.hangs.look(this.#workers.snapshots(this.#now()))
  }

  #retire(ended: Ended, counts: ReturnType<CrashRecovery['take']>): void {
    const { forkNumber, code } = ended
    const isLive = this.#workers.snapshotOf(forkNumber, this.#now()) !== undefined
    const lastOf = (name: string): number | undefined => this.#aggregator.valueOf(forkNumber, name)
    const memoryRead = this.#causes.memoryOf(forkNumber, this.#workers.lastReportAt(forkNumber))
    const event = isLive ? this.#causes.explained(ended, lastOf) : ended
    const death = this.#deathOf(event, memoryRead, counts)
    if (death?.hang) this.#silent.addLastStall(forkNumber, death.hang)
    const seriesBefore = this.#aggregator.seriesCount
    this.#aggregator.retire(forkNumber, code === 0)
    if (this.#aggregator.seriesCount < seriesBefore) this.#offerFreeRoom()
    this.#workers.apply(event, this.#now())
    if (death) {
      this.#deaths.add(forkNumber, death)
      this.#options.onDeath(death)
    }
    this.#expire()
  }

  /** Undefined for a worker that never lived here, or ended before. */
  #deathOf(
    event: Ended,
    memoryRead: number | undefined,
    counts: ReturnType<CrashRecovery['take']>,
  ): Death | undefined {
    const { forkNumber } = event
    const now = this.#now()
    const reporting = this.#workers.snapshotOf(forkNumber, now)
    if (!reporting) return undefined
    this.#recover(event, reporting.pid, counts)
    // The crash file can change the worker's id.
    const snapshot = this.#workers.snapshotOf(forkNumber, now) ?? reporting
    const values = this.#lastValues(forkNumber)
    const error = this.#aggregator.errorOf(forkNumber)
    const stack = this.hangs.end(snapshot)
    return deathOf(event, { snapshot, values, memoryRead, error, stack })
  }

  #recover(
    { forkNumber, signal }: Ended,
    pid: number | null,
    counts: ReturnType<CrashRecovery['take']>,
  ): void {
    const result = this.#recovery.recover(forkNumber, pid, counts)
    if (result === undefined || result === 'read') return
    // A worker that ends without a signal leaves a last report. A worker without reports has no
    // preload.
    const hasReported = this.#aggregator.identityOf(forkNumber) !== undefined
    if (signal === null || !hasReported) return
    this.#options.onLostCounts?.({ forkNumber, pid, result })
  }

  #lastValues(forkNumber: number): LastValues {
    return lastValuesOf((name) => this.#aggregator.valueOf(forkNumber, name))
  }

  /** Forgets ended workers after the retention. */
  #expire(): void {
    const expired = this.#workers.expire(this.#now())
    for (const forkNumber of expired) {
      this.#aggregator.forget(forkNumber)
      this.#deaths.forget(forkNumber)
    }
    if (expired.length > 0) this.#offerFreeRoom()
  }

  /** Sources over the limit report everything again, and can use the free room. */
  #offerFreeRoom(): void {
    for (const forkNumber of this.#aggregator.takeSourcesOverLimit())
      this.#options.resync(forkNumber)
  }
}
