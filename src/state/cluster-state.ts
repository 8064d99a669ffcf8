import type { CrashCounts } from '../crash-file/reader.ts'
import type { CrashFiles } from '../crash-file/store.ts'
import { catalog } from '../model/catalog/catalog.ts'
import { declared, labelled, point } from '../model/catalog/declared.ts'
import type { ClusterEvent } from '../model/cluster-event.ts'
import type { Death } from '../model/death.ts'
import type { Metric, Point } from '../model/metric.ts'
import type { StartOf } from '../otel/to-otel.ts'
import type { LastReports } from '../relay/last-report/last-report.ts'
import { Aggregator } from './aggregator.ts'
import { Deaths, deathOf } from './deaths.ts'
import { type LastValues, lastValuesOf } from './last-values.ts'
import { OomKills } from './oom-kills.ts'
import { startTimes } from './start-times.ts'
import type { WorkerCounts } from './worker-metrics.ts'
import { WorkerRegistry } from './worker-registry.ts'
import type { WorkerSnapshot } from './worker-snapshot.ts'

export interface ClusterStateOptions {
  /** `worker_1 … worker_n`, reused by replacements, instead of `worker_<age>_<start>`. */
  readonly usesSlots: boolean
  /** Keeps `worker_id` on all series instead of merging application metrics across workers. */
  readonly keepWorkerId: boolean
  /** Series over all sources. The state leaves out further series. */
  readonly maxSeries: number
  /** Undefined where workers leave no last reports. */
  readonly lastReports: LastReports | undefined
  /** Undefined where workers write no crash files. */
  readonly crashFiles: CrashFiles | undefined
  /** Path of our cgroup's `memory.events`; undefined where there is none. */
  readonly memoryEvents: string | undefined
  /** Unix second since which the cluster's totals count. */
  readonly epochSeconds: number
  /** Asks the source with this fork number for a report of all its metrics. */
  readonly resync: (forkNumber: number) => void
  /** Called once for each worker that ended. */
  readonly onDeath: (death: Death) => void
}

type Ended = Extract<ClusterEvent, { kind: 'ended' }>
type WorkerStatus = Omit<WorkerSnapshot, 'forkNumber'> &
  Pick<LastValues, 'requests' | 'memoryBytes'>

/** Facts about the workers of one primary, or about a single process: reports, states, deaths. */
export class ClusterState {
  readonly #options: ClusterStateOptions
  readonly #workers: WorkerRegistry
  readonly #aggregator: Aggregator
  readonly #deaths = new Deaths()
  readonly #oomKills: OomKills
  readonly #reports = new Map<string, number>([['accepted', 0]])
  readonly #crashFiles = new Map<string, number>([
    ['read', 0],
    ['missing', 0],
    ['refused', 0],
  ])
  #reportChars = 0

  constructor(options: ClusterStateOptions) {
    this.#options = options
    const { usesSlots, keepWorkerId, maxSeries } = options
    this.#oomKills = new OomKills(options.memoryEvents)
    this.#workers = new WorkerRegistry({ slots: usesSlots })
    this.#aggregator = new Aggregator({
      workerIdOf: (source) => {
        this.#workers.reported(source, Date.now())
        return this.#workers.workerIdOf(source)
      },
      mergesNothing: keepWorkerId,
      reusesIds: usesSlots,
      maxSeries,
    })
  }

  report(forkNumber: number, text: unknown): void {
    const outcome = this.#aggregator.report(forkNumber, text)
    this.#reports.set(outcome, (this.#reports.get(outcome) ?? 0) + 1)
    if (typeof text === 'string') this.#reportChars += text.length
    if (outcome === 'out_of_sequence') this.#options.resync(forkNumber)
    const source = this.#aggregator.identityOf(forkNumber)
    if (outcome === 'accepted' && source) this.#workers.reported(source, Date.now())
  }

  apply(event: ClusterEvent): void {
    if (event.kind === 'ended') this.#retire(this.#explained(event))
    else this.#workers.apply(event)
  }

  /**
   * Takes the last reports of these workers from their files.
   * @returns the fork numbers of workers that have no such file yet.
   */
  takeLastReports(forkNumbers: readonly number[]): number[] {
    const reports = this.#options.lastReports
    if (!reports) return []
    return forkNumbers.filter((forkNumber) => {
      const text = reports.take(forkNumber)
      if (text !== undefined) this.report(forkNumber, text)
      return text === undefined
    })
  }

  metrics(now: number): Metric[] {
    this.#expire()
    return [
      ...this.#workers.metrics(now),
      this.#deaths.metric(),
      ...this.#aggregator.metrics(),
      declared(catalog.exporterReports, labelled(this.#reports, 'result')),
      declared(catalog.exporterReportBytes, [point({}, this.#reportChars)]),
      declared(catalog.exporterSeries, [point({}, this.#aggregator.seriesCount)]),
      declared(catalog.exporterCrashFiles, this.#crashFilePoints()),
    ]
  }

  /** Start of each series of `metrics`. */
  startOf(): StartOf {
    const { epochSeconds, keepWorkerId: keepsWorkerId } = this.#options
    return startTimes({ epochSeconds, workers: this.#workers.starts(), keepsWorkerId })
  }

  /** Whether the application exports its metrics by SDKs of its own as well. */
  get hasOwnSdks(): boolean {
    return this.#aggregator.hasOwnSdks
  }

  get reports(): ReadonlyMap<string, number> {
    return this.#reports
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

  /** Live workers with their last values. */
  workers(): WorkerStatus[] {
    return this.#workers.snapshots(Date.now()).map(({ forkNumber, ...snapshot }) => {
      const { requests, memoryBytes } = lastValuesOf((name) =>
        this.#aggregator.valueOf(forkNumber, name),
      )
      return { ...snapshot, requests, memoryBytes }
    })
  }

  #crashFilePoints(): Point[] {
    return this.#options.crashFiles ? labelled(this.#crashFiles, 'result') : []
  }

  /** Finds the cause of an end by SIGKILL: the kernel's out-of-memory killer, unless the master. */
  #explained(event: Ended): Ended {
    if (event.signal !== 'SIGKILL') return event
    this.#oomKills.look(event.at)
    if (event.cause !== undefined || !this.#workers.snapshotOf(event.forkNumber, event.at))
      return event
    return this.#oomKills.claim() ? { ...event, cause: 'oom' } : event
  }

  #retire(event: Ended): void {
    const { forkNumber, code, at } = event
    this.takeLastReports([forkNumber])
    const reportAgeSeconds = this.#workers.snapshotOf(forkNumber, at)?.reportAgeSeconds ?? null
    this.#takeCrashFile(forkNumber, at)
    // Before the aggregator and the registry retire the worker.
    const snapshot = this.#workers.snapshotOf(forkNumber, at)
    const lastValues = lastValuesOf((name) => this.#aggregator.valueOf(forkNumber, name))
    this.#aggregator.retire(forkNumber, code === 0)
    this.#workers.apply(event)
    if (snapshot)
      this.#recordDeath(forkNumber, deathOf(event, { ...snapshot, reportAgeSeconds }, lastValues))
    this.#expire()
  }

  /** Adds counts that an ended worker had not reported. */
  #takeCrashFile(forkNumber: number, at: number): void {
    const { crashFiles } = this.#options
    const snapshot = this.#workers.snapshotOf(forkNumber, at)
    if (!crashFiles || !snapshot) return
    const counts = crashFiles.take(forkNumber)
    const outcome =
      typeof counts === 'string'
        ? counts
        : this.#applyCrashCounts(forkNumber, snapshot.pid, counts)
          ? 'read'
          : 'refused'
    this.#crashFiles.set(outcome, (this.#crashFiles.get(outcome) ?? 0) + 1)
  }

  #applyCrashCounts(
    forkNumber: number,
    pid: number | null,
    { source, metrics }: CrashCounts,
  ): boolean {
    if (source.forkNumber !== forkNumber || (pid !== null && source.pid !== pid)) return false
    return this.#aggregator.raise(forkNumber, source, metrics)
  }

  #recordDeath(forkNumber: number, death: Death): void {
    this.#deaths.add(forkNumber, death)
    this.#options.onDeath(death)
  }

  /** Forgets ended workers past their retention. Sources over the limit can use the free room. */
  #expire(): void {
    const expired = this.#workers.expire(Date.now())
    for (const forkNumber of expired) {
      this.#aggregator.forget(forkNumber)
      this.#deaths.forget(forkNumber)
    }
    if (expired.length === 0) return
    for (const forkNumber of this.#aggregator.takeSourcesOverLimit())
      this.#options.resync(forkNumber)
  }
}
