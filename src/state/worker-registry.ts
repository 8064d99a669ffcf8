import { stateLimits } from '../limits/state.ts'
import { catalog } from '../model/catalog/catalog.ts'
import { declared } from '../model/catalog/declared.ts'
import type { ClusterEvent } from '../model/cluster-event.ts'
import type { Attributes, Metric, Point } from '../model/metric.ts'
import { type MasterReason, masterReasons } from '../model/signal.ts'
import type { EndCause } from '../model/worker-cause.ts'
import { type EndState, expectedReasons, type WorkerEnd, workerEnd } from '../model/worker-end.ts'
import { workerId } from '../model/worker-id.ts'
import type { Source } from '../relay/report.ts'

/** A worker's life; a process that serves requests without being forked has one as well. */
interface WorkerRecord {
  readonly forkNumber: number
  /** Unix milliseconds; undefined for a process that was not forked here. */
  readonly forkedAt: number | undefined
  pid: number | undefined
  startSeconds: number
  slot: number
  listening: boolean
  /** Undefined until the worker's own start is known: an id that changes once would be two series. */
  lastReportAt: number | undefined
  readonly states: { name: 'running' | EndState; since: number }[]
  end: WorkerEnd | undefined
  endedAt: number
}

/** How a live worker is now, or was when it ended. */
export interface WorkerSnapshot {
  /** The fork number under which it reports. */
  readonly forkNumber: number
  /** Until its first report, made of the second of its fork. */
  readonly workerId: string
  readonly pid: number | null
  readonly state: 'running' | EndState
  /** Whether requests reach it: a process that was not forked here is told of because it listens. */
  readonly listening: boolean
  /** How long it lives. */
  readonly ageSeconds: number
  /** Null before its first report. */
  readonly reportAgeSeconds: number | null
}

/** Whom requests can reach. */
export interface WorkerCounts {
  /** The exporter's own process listens, alone or beside its workers. */
  readonly servesItself: boolean
  /** Workers. */
  readonly listening: number
  readonly live: number
  readonly configured: number
}

interface EndCount {
  readonly end: WorkerEnd
  readonly count: number
}

export interface WorkerRegistryOptions {
  /** `worker_1 … worker_n`, reused by replacements, instead of `worker_<age>_<start>`. */
  readonly slots: boolean
}

type Forked = Extract<ClusterEvent, { kind: 'forked' }>
type Ended = Extract<ClusterEvent, { kind: 'ended' }>

/** Who lives, who ended and why: everything the metrics say about workers that they cannot say themselves. */
export class WorkerRegistry {
  readonly #options: WorkerRegistryOptions
  readonly #records = new Map<number, WorkerRecord>()
  /** Ends by worker_id and reason: a slot's id outlives the worker, and its counts go on. */
  readonly #ends = new Map<string, Map<string, EndCount>>()
  readonly #signals = new Map<MasterReason, number>()
  #isPrimary = false
  #replacements = 0
  /** Undefined where the application manages its workers itself, and only their ends tell. */
  #wanted: number | undefined
  /** Ended workers that were forgotten before their time because there were too many. */
  forgottenEarly = 0
  /** Ended workers that no fork has replaced yet; those that failed count as configured. */
  #failed = 0
  #left = 0
  /** Replacements that were forked before those whose place they take had ended. */
  #advances = 0

  constructor(options: WorkerRegistryOptions) {
    this.#options = options
  }

  apply(event: ClusterEvent): void {
    if (event.kind === 'signal') this.#countSignal(event.reason)
    else if (event.kind === 'wanted') this.#want(event.count)
    else if (event.kind === 'forked') this.#fork(event)
    else this.#change(event)
  }

  /** Notes a report of a source; what a primary reports that serves no requests is no worker's. */
  reported(source: Source, now: number): void {
    if (source.role === 'primary') {
      this.#isPrimary = true
      return
    }
    const life = this.#records.get(source.forkNumber) ?? this.#register(source.forkNumber, now)
    if (life.end) return
    life.startSeconds = source.startSeconds
    life.pid = source.pid
    life.lastReportAt = now
    const running = life.states[0]
    if (running) running.since = source.startSeconds
  }

  workerIdOf(source: Source): string {
    const life = this.#records.get(source.forkNumber)
    return life ? this.#idOf(life) : workerId(source.forkNumber, source.startSeconds)
  }

  /** Unix second of the start by `worker_id`; of none where ids are reused, and their series outlive the worker. */
  starts(): ReadonlyMap<string, number> {
    if (this.#options.slots) return new Map()
    const lives = [...this.#records.values()]
    return new Map(lives.map((life) => [this.#idOf(life), life.startSeconds]))
  }

  /** Those that live, from their fork on. */
  snapshots(now: number): WorkerSnapshot[] {
    const live = [...this.#records.values()].filter((life) => !life.end)
    return live.map((life) => this.#snapshot(life, now))
  }

  /** Undefined where nobody of that fork number lives. */
  snapshotOf(forkNumber: number, now: number): WorkerSnapshot | undefined {
    const life = this.#records.get(forkNumber)
    return life && !life.end ? this.#snapshot(life, now) : undefined
  }

  counts(): WorkerCounts {
    const present = [...this.#records.values()].filter((life) => !life.end)
    const live = present.filter((life) => life.forkNumber > 0)
    return {
      servesItself: present.some((life) => life.forkedAt === undefined),
      listening: live.filter((life) => life.listening).length,
      live: live.length,
      configured: this.#wanted ?? live.length + this.#failed,
    }
  }

  /** Forgets ended workers past their retention and names them. */
  expire(now: number): number[] {
    const ended = [...this.#records.values()].filter((life) => life.end)
    const surplus = ended.length - stateLimits.retainedWorkers
    this.forgottenEarly += Math.max(0, surplus)
    const expired = ended.filter(
      (life, index) => index < surplus || now - life.endedAt > stateLimits.retentionMs,
    )
    for (const life of expired) {
      this.#records.delete(life.forkNumber)
      if (!this.#options.slots) this.#ends.delete(this.#idOf(life))
    }
    return expired.map(({ forkNumber }) => forkNumber)
  }

  metrics(now: number): Metric[] {
    const shown = this.#shown()
    const workers = shown.filter((life) => life.forkNumber > 0).map((life) => this.#idOf(life))
    const ids = [...new Set([...workers, ...this.#ends.keys()])]
    const metrics = [
      declared(
        catalog.state,
        shown.flatMap((life) => this.#statePoints(life)),
      ),
      declared(
        catalog.reportAge,
        shown.flatMap((life) => this.#agePoints(life, now)),
      ),
      declared(
        catalog.workerRestart,
        ids.flatMap((id) => this.#endPoints(id, reasonLabels)),
      ),
      declared(
        catalog.workerRestartCount,
        ids.flatMap((id) => this.#endPoints(id, typeLabels)),
      ),
    ]
    return this.#isPrimary ? [...metrics, ...this.#masterMetrics(ids)] : metrics
  }

  #want(count: number): void {
    this.#wanted = count
    // After a rest nobody who goes is replaced.
    if (count === 0) this.#advances = 0
  }

  #change(event: Extract<ClusterEvent, { kind: 'listening' | 'leaving' | 'ended' }>): void {
    const life = this.#records.get(event.forkNumber)
    if (!life || life.end) return
    if (event.kind === 'listening') life.listening = true
    else if (event.kind === 'leaving') leave(life, event.at)
    else this.#end(life, event)
  }

  #snapshot(life: WorkerRecord, now: number): WorkerSnapshot {
    const { forkNumber, forkedAt, pid, startSeconds, states, lastReportAt } = life
    return {
      // A process that was not forked here is the exporter's own, whatever it counts as.
      forkNumber: forkedAt === undefined ? 0 : forkNumber,
      workerId: this.#idOf(life),
      pid: pid ?? null,
      state: states.at(-1)?.name ?? 'running',
      listening: forkedAt === undefined || life.listening,
      ageSeconds: secondsBetween(forkedAt ?? startSeconds * 1_000, now),
      reportAgeSeconds: lastReportAt === undefined ? null : secondsBetween(lastReportAt, now),
    }
  }

  #masterMetrics(ids: string[]): Metric[] {
    const signals = masterReasons.map((reason) => ({
      attributes: { reason },
      value: this.#signals.get(reason) ?? 0,
    }))
    return [
      declared(catalog.masterWorkerRestart, signals),
      declared(
        catalog.masterWorkerRestartCount,
        ids.flatMap((id) => this.#endPoints(id, masterLabels)),
      ),
      declared(catalog.masterWorkerRestarts, [{ attributes: {}, value: this.#replacements }]),
      declared(catalog.masterWorkers, this.#workerPoints()),
    ]
  }

  #workerPoints(): Point[] {
    const { configured, live, listening } = this.counts()
    return [
      { attributes: { state: 'configured' }, value: configured },
      { attributes: { state: 'live' }, value: live },
      { attributes: { state: 'listening' }, value: listening },
    ]
  }

  #statePoints(life: WorkerRecord): Point[] {
    const worker_id = this.#idOf(life)
    return life.states.map(({ name, since }, index) => ({
      attributes: { worker_id, state: name, timestamp: String(since) },
      value: index === life.states.length - 1 ? 1 : 0,
    }))
  }

  #agePoints(life: WorkerRecord, now: number): Point[] {
    // One that leaves has no channel any more: its report age would grow as if it hung.
    if (life.end || isLeaving(life) || life.lastReportAt === undefined) return []
    const value = secondsBetween(life.lastReportAt, now)
    return [{ attributes: { worker_id: this.#idOf(life) }, value }]
  }

  /** Zero for every expected end, so that the one that happens is an increment. */
  #endPoints(worker_id: string, labels: (end: WorkerEnd) => Attributes): Point[] {
    const counts = new Map(expectedEnds.map((end) => [end.reason, { end, count: 0 }]))
    for (const [reason, counted] of this.#ends.get(worker_id) ?? []) counts.set(reason, counted)
    return Array.from(counts.values(), ({ end, count }) => ({
      attributes: { worker_id, ...labels(end) },
      value: count,
    }))
  }

  /** Lives that have something to show; of several in one slot, the last. */
  #shown(): WorkerRecord[] {
    const shown = [...this.#records.values()].filter(
      (life) => life.lastReportAt !== undefined || life.end,
    )
    return [...new Map(shown.map((life) => [this.#idOf(life), life])).values()]
  }

  #idOf(life: WorkerRecord): string {
    return this.#options.slots
      ? `worker_${life.slot}`
      : workerId(life.forkNumber, life.startSeconds)
  }

  #fork({ forkNumber, at, pid }: Forked): void {
    this.#isPrimary = true
    const { live } = this.counts()
    const life = newRecord(forkNumber, this.#freeSlot(), at)
    this.#records.set(forkNumber, { ...life, forkedAt: at, pid })
    if (this.#failed > 0) this.#failed -= 1
    else if (this.#left > 0) this.#left -= 1
    else {
      if (this.#wanted !== undefined && live >= this.#wanted) this.#advances += 1
      return
    }
    this.#replacements += 1
  }

  /** A process that was not forked here: it serves requests alone, or beside its workers (fork 0). */
  #register(forkNumber: number, now: number): WorkerRecord {
    const life = newRecord(forkNumber, forkNumber === 0 ? 0 : this.#freeSlot(), now)
    this.#records.set(forkNumber, life)
    return life
  }

  #freeSlot(): number {
    const taken = new Set(
      [...this.#records.values()].filter((life) => !life.end).map((life) => life.slot),
    )
    let slot = 1
    while (taken.has(slot)) slot += 1
    return slot
  }

  #end(life: WorkerRecord, { code, signal, at, voluntary, cause }: Ended): void {
    life.end = workerEnd(code, signal, cause)
    life.endedAt = at
    enter(life, life.end.state, at)
    // Moves the life behind all earlier ends: the map's order is then the order of expiry.
    this.#records.delete(life.forkNumber)
    this.#records.set(life.forkNumber, life)
    this.#countEnd(this.#idOf(life), life.end)
    this.#countSignal('chld')
    this.#expectReplacement(voluntary, cause)
  }

  /** A master forks the replacement of a worker that it retires first, and none for one it does not want. */
  #expectReplacement(voluntary: boolean, cause: EndCause | undefined): void {
    const isReplacedFirst = cause === 'hup' || cause === 'max_requests'
    const isUnasked = cause === undefined || cause === 'timeout' || cause === 'oom'
    if (!(isReplacedFirst || isUnasked)) return
    if (isReplacedFirst || this.#advances > 0) {
      // One that was asked to end by somebody else is replaced before it ends, and there is no cause.
      this.#replacements += 1
      this.#advances = Math.max(0, this.#advances - 1)
    } else if (voluntary) this.#left += 1
    else this.#failed += 1
  }

  #countEnd(id: string, end: WorkerEnd): void {
    const counts = this.#ends.get(id) ?? new Map<string, EndCount>()
    this.#ends.set(id, counts)
    counts.set(end.reason, { end, count: (counts.get(end.reason)?.count ?? 0) + 1 })
  }

  #countSignal(reason: MasterReason): void {
    this.#signals.set(reason, (this.#signals.get(reason) ?? 0) + 1)
  }
}

const expectedEnds = expectedReasons.map((reason) =>
  reason.startsWith('sig') ? workerEnd(null, reason) : workerEnd(reason === 'exit' ? 0 : 1, null),
)

function newRecord(forkNumber: number, slot: number, at: number): WorkerRecord {
  const startSeconds = Math.floor(at / 1_000)
  return {
    forkNumber,
    forkedAt: undefined,
    pid: undefined,
    startSeconds,
    slot,
    listening: false,
    lastReportAt: undefined,
    states: [{ name: 'running', since: startSeconds }],
    end: undefined,
    endedAt: 0,
  }
}

/** Never below zero, though clocks are set back. */
function secondsBetween(since: number, now: number): number {
  return Math.max(0, (now - since) / 1_000)
}

function leave(life: WorkerRecord, at: number): void {
  life.listening = false
  enter(life, 'quit', at)
}

function isLeaving(life: WorkerRecord): boolean {
  return life.states.at(-1)?.name !== 'running'
}

function enter(life: WorkerRecord, name: EndState, at: number): void {
  if (life.states.at(-1)?.name !== name) life.states.push({ name, since: Math.floor(at / 1_000) })
}

function reasonLabels({ reason }: WorkerEnd): Attributes {
  return { reason }
}

function typeLabels({ reason, restartType }: WorkerEnd): Attributes {
  return { restart_type: restartType, reason }
}

function masterLabels({ reason, restartType }: WorkerEnd): Attributes {
  return { reason, restart_type: restartType }
}
