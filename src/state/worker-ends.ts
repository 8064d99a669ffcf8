import type { ClusterEvent } from '../model/cluster-event.ts'
import type { Death } from '../model/death.ts'
import type { Metric } from '../model/metric.ts'
import type { Aggregator } from './aggregator.ts'
import type { ClusterStateOptions } from './cluster-state-options.ts'
import { CrashRecovery } from './crash-recovery.ts'
import { Deaths, deathOf } from './ends/deaths.ts'
import { EndCauses } from './ends/end-causes.ts'
import { UnreadEnds } from './ends/unread-ends.ts'
import type { Hangs } from './hangs.ts'
import type { SilentWorkers } from './silent-workers.ts'
import { lastValuesOf } from './workers/last-values.ts'
import type { WorkerRegistry } from './workers/worker-registry.ts'

type Ended = Extract<ClusterEvent, { kind: 'ended' }>
type Counts = ReturnType<CrashRecovery['take']>

type Options = ClusterStateOptions & { readonly now: () => number }

/** The parts of the state that an end changes. */
interface Parts {
  readonly workers: WorkerRegistry
  readonly aggregator: Aggregator
  readonly silent: SilentWorkers
  readonly hangs: Hangs
  readonly takeLastReport: (forkNumber: number) => 'taken' | 'missing' | 'unreadable' | 'none'
  /** Called after an end that made room for series. */
  readonly onFreeRoom: () => void
}

/** Ends of workers: the files that a worker leaves, the cause of its end, and its death. */
export class WorkerEnds {
  readonly #options: Options
  readonly #parts: Parts
  readonly #causes: EndCauses
  readonly #deaths = new Deaths()
  readonly #recovery: CrashRecovery
  readonly #unread: UnreadEnds

  constructor(options: Options, parts: Parts) {
    this.#options = options
    this.#parts = parts
    this.#causes = new EndCauses(options)
    this.#recovery = new CrashRecovery(options.crashFiles, parts.aggregator)
    this.#unread = new UnreadEnds(options.now)
  }

  /** Oldest first; at most `stateLimits.deaths`. */
  get deaths(): readonly Death[] {
    return this.#deaths.last
  }

  deathMetric(): Metric {
    return this.#deaths.metric()
  }

  crashFileMetric(): Metric {
    return this.#recovery.metric()
  }

  /** Reads the files of an ended worker, now or later. */
  end(ended: Ended): void {
    const { forkNumber } = ended
    const counts =
      this.#parts.takeLastReport(forkNumber) === 'unreadable'
        ? 'unreadable'
        : this.#recovery.take(forkNumber)
    if (counts === 'unreadable' && this.#unread.add(ended)) return
    this.#unread.delete(forkNumber)
    this.#retire(ended, counts)
    this.#recovery.release(forkNumber)
  }

  /** Tries the ends again whose files could not be read. */
  endUnread(): void {
    for (const ended of this.#unread.all()) this.end(ended)
  }

  /** Reads the memory of live workers. Call this method each `stateLimits.silenceCheckMs`. */
  lookForCauses(): void {
    const { workers, aggregator } = this.#parts
    this.#causes.look(workers.snapshots(this.#options.now()), (forkNumber, name) =>
      aggregator.valueOf(forkNumber, name),
    )
  }

  /** Takes the counts of a worker from its crash file. Does nothing for a worker that has ended. */
  recoverCounts(forkNumber: number): void {
    const worker = this.#parts.workers.snapshotOf(forkNumber, this.#options.now())
    if (worker) this.#recovery.recover(forkNumber, worker.pid)
  }

  /** Forgets an ended worker after the retention. */
  forget(forkNumber: number): void {
    this.#deaths.forget(forkNumber)
  }

  #retire(ended: Ended, counts: Counts): void {
    const { forkNumber, code } = ended
    const { workers, aggregator, silent } = this.#parts
    const now = this.#options.now()
    const isLive = workers.snapshotOf(forkNumber, now) !== undefined
    const lastOf = (name: string): number | undefined => aggregator.valueOf(forkNumber, name)
    const memoryRead = this.#causes.memoryOf(forkNumber, workers.lastReportAt(forkNumber))
    const event = isLive ? this.#causes.explained(ended, lastOf) : ended
    const death = this.#deathOf(event, memoryRead, counts)
    if (death?.hang) silent.addLastStall(forkNumber, death.hang)
    const seriesBefore = aggregator.seriesCount
    aggregator.retire(forkNumber, code === 0)
    if (aggregator.seriesCount < seriesBefore) this.#parts.onFreeRoom()
    workers.apply(event, now)
    if (!death) return
    this.#deaths.add(forkNumber, death)
    this.#options.onDeath(death)
  }

  /** Undefined for a worker that never lived here, or ended before. */
  #deathOf(event: Ended, memoryRead: number | undefined, counts: Counts): Death | undefined {
    const { forkNumber } = event
    const { workers, aggregator, hangs } = this.#parts
    const now = this.#options.now()
    const reporting = workers.snapshotOf(forkNumber, now)
    if (!reporting) return undefined
    this.#recover(event, reporting.pid, counts)
    // The crash file can change the worker's id.
    const snapshot = workers.snapshotOf(forkNumber, now) ?? reporting
    const values = lastValuesOf((name) => aggregator.valueOf(forkNumber, name))
    const error = aggregator.errorOf(forkNumber)
    const stack = hangs.end(snapshot)
    return deathOf(event, { snapshot, values, memoryRead, error, stack })
  }

  #recover({ forkNumber, signal }: Ended, pid: number | null, counts: Counts): void {
    const result = this.#recovery.recover(forkNumber, pid, counts)
    if (result === undefined || result === 'read') return
    // A worker that ends without a signal leaves a last report. A worker without reports has no
    // preload.
    const hasReported = this.#parts.aggregator.identityOf(forkNumber) !== undefined
    if (signal === null || !hasReported) return
    this.#options.onLostCounts?.({ forkNumber, pid, result })
  }
}
