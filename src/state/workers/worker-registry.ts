import type { ClusterEvent } from '../../model/cluster-event.ts'
import type { Metric } from '../../model/metric.ts'
import { workerId } from '../../model/text/worker-id.ts'
import { workerEnd } from '../../model/worker-end.ts'
import type { Source } from '../../relay/report.ts'
import { Replacements } from './replacements.ts'
import type { RestartCounts } from './restart-counts.ts'
import { countsOf, type WorkerCounts } from './worker-counts.ts'
import { WorkerLabels } from './worker-labels.ts'
import { workerMetrics } from './worker-metrics.ts'
import {
  announceListening,
  disconnect,
  enterState,
  noteReport,
  noteSign,
  reportListening,
  type WorkerRecord,
} from './worker-record.ts'
import { unixSeconds, WorkerRecords, type WorkerRecordsOptions } from './worker-records.ts'
import { snapshot, type WorkerSnapshot } from './worker-snapshot.ts'

type Forked = Extract<ClusterEvent, { kind: 'forked' }>
type Ended = Extract<ClusterEvent, { kind: 'ended' }>
type Exited = Extract<ClusterEvent, { kind: 'exited' | 'ended' }>
type Changed = Extract<ClusterEvent, { forkNumber: number }>

/** Live and ended workers: facts that a worker cannot report. */
export class WorkerRegistry {
  readonly #records: WorkerRecords
  readonly #replacements = new Replacements()
  readonly #restarts: RestartCounts = this.#replacements.restarts
  readonly #labels = new WorkerLabels()
  #isPrimary = false
  /** Node fixes the way of the connections at the first fork. */
  #isRoundRobin = false
  #handsOver = false
  #isClosing = false
  #haveListened = false

  constructor(options: WorkerRecordsOptions) {
    this.#records = new WorkerRecords(options)
  }

  /** Ended workers that the registry forgot early, for lack of room. */
  get forgottenEarly(): number {
    return this.#records.forgottenEarly
  }

  /** Whether the process of the registry forks workers. */
  get isPrimary(): boolean {
    return this.#isPrimary
  }

  /** Workers that a master wants; undefined without a master. */
  get wanted(): number | undefined {
    return this.#replacements.wanted
  }

  /** @param now milliseconds of the monotonic clock, as in all methods. */
  apply(event: ClusterEvent, now: number): void {
    if (event.kind === 'signal') this.#restarts.countSignal(event.reason)
    else if (event.kind === 'signal listener') this.#restarts.expectSignal(event.reason)
    else if (event.kind === 'wanted') this.#replacements.want(event.count)
    else if (event.kind === 'closing') this.#isClosing = true
    else if (event.kind === 'handing_over') this.#handsOver = event.servers > 0
    else if (event.kind === 'forked') this.#fork(event, now)
    else this.#change(event, now)
  }

  /** Notes a report. A primary without requests is no worker. */
  reported(source: Source, now: number): void {
    const record = this.identify(source, now)
    if (!record) return
    noteReport(record, now)
  }

  /** Notes that a report failed in the worker: the worker does not hang. */
  showedLife({ forkNumber }: Source, now: number): void {
    const record = this.#records.get(forkNumber)
    if (record && !record.end && record.lastReportAt !== undefined) noteSign(record, now)
  }

  /** Notes who a source is, before its report is read. Undefined for no worker, or an ended one. */
  identify(source: Source, now: number): WorkerRecord | undefined {
    const { role, forkNumber, startSeconds, pid, startTicks } = source
    if (role === 'primary') this.#isPrimary = true
    if (role === 'primary') return undefined
    const record = this.#records.get(forkNumber) ?? this.#records.addUnforked(source, now)
    if (record.end) return undefined
    const running = record.states.find(({ name }) => name === 'running')
    if (running) running.since = startSeconds
    return Object.assign(record, { startSeconds, pid, startTicks })
  }

  /** Notes whether a worker takes connections, by its report. */
  reportedListening(forkNumber: number, isListening: boolean): void {
    const record = this.#records.get(forkNumber)
    if (!record) return
    reportListening(record, isListening)
    this.#haveListened ||= isListening && record.isForked
  }

  workerIdOf({ forkNumber, startSeconds }: Source): string {
    const record = this.#records.get(forkNumber)
    return record ? this.#records.idOf(record) : workerId(forkNumber, startSeconds)
  }

  /**
   * Unix second of the start by `worker_id`. Empty with slots: a slot's series outlive a worker.
   */
  starts(): ReadonlyMap<string, number> {
    return this.#records.starts()
  }

  /** Live workers, from the fork on. */
  live(): WorkerRecord[] {
    return this.#records.live()
  }

  snapshots(now: number): WorkerSnapshot[] {
    return this.live().map((record) => snapshot(record, this.#records.idOf(record), now))
  }

  /** Undefined for an unknown or ended worker. After the end of its process, as at that moment. */
  snapshotOf(forkNumber: number, now: number): WorkerSnapshot | undefined {
    const record = this.#records.get(forkNumber)
    if (!record || record.end) return undefined
    return snapshot(record, this.#records.idOf(record), record.exitedAt ?? now)
  }

  /** Milliseconds of the monotonic clock; undefined before the first report. */
  lastReportAt(forkNumber: number): number | undefined {
    return this.#records.get(forkNumber)?.lastReportAt
  }

  /** Whether the end of the worker is known. */
  hasEnded(forkNumber: number): boolean {
    return this.#records.get(forkNumber)?.end !== undefined
  }

  counts(): WorkerCounts {
    return countsOf(this.live(), {
      handsOver: this.#handsOver,
      isClosing: this.#isClosing,
      haveListened: this.#haveListened,
      wanted: this.#replacements.wanted,
      failedUnreplaced: this.#restarts.failedUnreplaced,
    })
  }

  /** Forgets ended workers after the retention. @returns the fork numbers. */
  expire(now: number): number[] {
    return this.#records.expire(now).map(({ forkNumber, forgottenId }) => {
      if (forgottenId !== undefined) this.#restarts.forget(forgottenId)
      return forkNumber
    })
  }

  metrics(now: number): Metric[] {
    const counts = this.#isPrimary ? this.counts() : undefined
    const facts = { workers: this.#records.shown(), restarts: this.#restarts, counts }
    return workerMetrics({ ...facts, labels: this.#labels }, now)
  }

  #change(event: Changed, now: number): void {
    const record = this.#records.get(event.forkNumber)
    if (!record || record.end) return
    if (event.kind === 'ended') this.#end(record, event, now)
    else if (event.kind === 'exited') this.#exit(record, event, now)
    else if (event.kind === 'disconnected') disconnect(record)
    else if (event.kind === 'listening') this.#announce(record)
    else record.listening = 'no'
    if (event.kind === 'leaving') enterState(record, 'quit', unixSeconds(event.at))
  }

  #announce(record: WorkerRecord): void {
    announceListening(record, this.#isRoundRobin)
    this.#haveListened = true
  }

  #fork({ agoMs = 0, isRoundRobin = false, ...fork }: Forked, now: number): void {
    this.#isPrimary = true
    this.#isRoundRobin = isRoundRobin
    this.#replacements.forked(this.live(), this.counts().live)
    this.#records.addForked({ ...fork, bornAt: now - agoMs })
  }

  #exit(record: WorkerRecord, event: Exited, now: number): void {
    if (record.presence === 'exited') return
    this.#replacements.exited(record, event)
    record.presence = 'exited'
    record.exitedAt = now
  }

  #end(record: WorkerRecord, event: Ended, now: number): void {
    const { code, signal, at, cause } = event
    this.#exit(record, event, now)
    record.end = workerEnd(code, signal, cause)
    record.endedAt = now
    enterState(record, record.end.state, unixSeconds(at))
    this.#records.moveLast(record)
    this.#restarts.countEnd(this.#records.idOf(record), record.end)
  }
}
