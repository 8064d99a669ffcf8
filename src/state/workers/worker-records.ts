import { stateLimits } from '../../limits/state.ts'
import { workerId } from '../../model/text/worker-id.ts'
import type { Source } from '../../relay/report.ts'
import { freeSlot, newRecord, type WorkerRecord } from './worker-record.ts'

export interface WorkerRecordsOptions {
  /** `worker_1 … worker_n`, reused by replacements, instead of `worker_<age>_<start>`. */
  readonly slots: boolean
  /** Time that an ended worker stays, milliseconds. Default: `stateLimits.retentionMs`. */
  readonly retentionMs?: number | undefined
  /** Age of this process, seconds. Default: `process.uptime()`, which no clock change affects. */
  readonly processSeconds?: () => number
}

/** A fork of a worker. */
export interface Fork {
  readonly forkNumber: number
  /** Unix milliseconds. */
  readonly at: number
  /** Milliseconds of the monotonic clock. */
  readonly bornAt: number
  readonly pid?: number | undefined
  readonly hasReported?: boolean
}

/** An expired record. */
export interface ExpiredWorker {
  readonly forkNumber: number
  /** The `worker_id`, unless other workers in the slot have it, too. */
  readonly forgottenId: string | undefined
}

/** The records of live workers, and of ended workers during the retention. */
export class WorkerRecords {
  readonly #options: WorkerRecordsOptions
  /** By fork number; ended workers in the order of their ends. */
  readonly #byFork = new Map<number, WorkerRecord>()
  /** Ended workers without their full retention, for lack of room. */
  forgottenEarly = 0

  constructor(options: WorkerRecordsOptions) {
    this.#options = options
  }

  get(forkNumber: number): WorkerRecord | undefined {
    return this.#byFork.get(forkNumber)
  }

  live(): WorkerRecord[] {
    return [...this.#byFork.values()].filter(({ presence }) => presence !== 'exited')
  }

  idOf({ slot, forkNumber, startSeconds }: WorkerRecord): string {
    return this.#options.slots ? `worker_${slot}` : workerId(forkNumber, startSeconds)
  }

  /** Workers on the page: from the first report or the end on. In a slot, the last worker. */
  shown(): ReadonlyMap<string, WorkerRecord> {
    const records = [...this.#byFork.values()].filter(
      ({ lastReportAt, end }) => lastReportAt !== undefined || end,
    )
    return new Map(records.map((record) => [this.idOf(record), record]))
  }

  /** Unix second of the start by `worker_id`. Empty with slots. */
  starts(): ReadonlyMap<string, number> {
    if (this.#options.slots) return new Map()
    const records = [...this.#byFork.values()]
    return new Map(records.map((record) => [this.idOf(record), record.startSeconds]))
  }

  addForked({ forkNumber, at, bornAt, pid, hasReported = false }: Fork): void {
    const born = { isForked: true, bornAt, startSeconds: unixSeconds(at) }
    const slot = freeSlot(this.#byFork.values())
    const record = this.#add(newRecord({ ...born, forkNumber, slot, pid }))
    if (hasReported) record.reporting = 'running'
  }

  /** For the process of the state itself: alone, or as fork 0 beside workers. */
  addUnforked({ forkNumber, startSeconds }: Source, now: number): WorkerRecord {
    const { processSeconds = process.uptime } = this.#options
    const born = { isForked: false, bornAt: now - 1_000 * processSeconds(), startSeconds }
    const slot = forkNumber === 0 ? 0 : freeSlot(this.#byFork.values())
    return this.#add(newRecord({ ...born, forkNumber, slot }))
  }

  /** Moves a record behind all earlier ends: ended workers expire in the order of the map. */
  moveLast(record: WorkerRecord): void {
    this.#byFork.delete(record.forkNumber)
    this.#byFork.set(record.forkNumber, record)
  }

  /** Forgets ended workers after the retention. */
  expire(now: number): ExpiredWorker[] {
    const ended = [...this.#byFork.values()].filter(({ end }) => end)
    const { retentionMs = stateLimits.retentionMs, slots } = this.#options
    const surplus = ended.length - stateLimits.retainedWorkers
    this.forgottenEarly += Math.max(0, surplus)
    const expired = ended.filter(
      ({ endedAt }, index) => index < surplus || now - endedAt > retentionMs,
    )
    return expired.map((record) => {
      this.#byFork.delete(record.forkNumber)
      const forgottenId = slots ? undefined : this.idOf(record)
      return { forkNumber: record.forkNumber, forgottenId }
    })
  }

  #add(record: WorkerRecord): WorkerRecord {
    this.#byFork.set(record.forkNumber, record)
    return record
  }
}

export function unixSeconds(unixMs: number): number {
  return Math.floor(unixMs / 1_000)
}
