import { stateLimits } from '../../limits/state.ts'
import { unixNow as systemNow } from '../../support/intrinsics/unix-now.ts'
import type { ProcessReadingsOptions, ProcessView } from './process-readings.ts'
import type { Silence } from './silence.ts'
import { credited, WatchedWorker } from './watched-worker.ts'
import {
  endSilence,
  enterState,
  isExpectedToReport,
  isStarting,
  type WorkerRecord,
} from './worker-record.ts'

export interface SilenceWatchOptions extends Pick<ProcessReadingsOptions, 'readStat'> {
  /** Milliseconds of the monotonic clock. */
  readonly now: () => number
  /** Unix milliseconds. Default: the system's clock. */
  readonly unixNow?: (() => number) | undefined
  /**
   * Changes while the main thread of the primary runs: the thread carries the reports of the
   * workers. Undefined where the watch runs in this thread.
   */
  readonly beat?: (() => number) | undefined
  /** Whether the worker has left the stack of a standstill. Default: no worker has. */
  readonly hasStack?: (record: WorkerRecord) => boolean
}

/**
 * Finds workers that do not report. Only time in which a report could arrive counts as silence:
 * this thread ran, and so did the main thread of the primary. After a pause of the machine, or
 * after a primary that was blocked, no worker looks hung.
 */
export class SilenceWatch {
  readonly #options: SilenceWatchOptions
  /** By record, so that an entry ends with the worker. */
  readonly #watched = new WeakMap<WorkerRecord, WatchedWorker>()
  #checkedAt: number
  #beat: number | undefined
  #beatAt: number
  /** Time without a beat during which this thread ran, milliseconds. */
  #stillMs = 0

  constructor(options: SilenceWatchOptions) {
    this.#options = options
    this.#checkedAt = options.now()
    this.#beatAt = this.#checkedAt
    this.#beat = options.beat?.()
  }

  /** Whether the main thread of the primary stands still. */
  get primaryHangs(): boolean {
    return this.#stillMs >= stateLimits.hangAfterMs
  }

  /** Time since the last sign of the main thread, milliseconds. Undefined without such signs. */
  get primarySilenceMs(): number | undefined {
    const beat = this.#options.beat?.()
    if (beat === undefined) return undefined
    return beat === this.#beat ? this.#options.now() - this.#beatAt : 0
  }

  /** Judges live workers. Call this method each `stateLimits.silenceCheckMs`. */
  check(records: readonly WorkerRecord[]): void {
    const now = this.#options.now()
    const ownMs = credited(this.#checkedAt, now)
    const relayedMs = this.#relayedMs(now, ownMs)
    this.#checkedAt = now
    for (const record of records.filter(isExpectedToReport)) {
      const watched = this.#watchedOf(record)
      watched.pass(record.isForked ? relayedMs : ownMs, now)
      const { silentMs } = watched
      if (silentMs < this.#hangAfterMs(record)) continue
      judge(record, watched.viewAt(now), this.#sinceOf(record, silentMs))
    }
  }

  /** Without a preload, a worker never reports: flags of `setupPrimary()` can drop the preload. */
  #hangAfterMs(record: WorkerRecord): number {
    if (record.reporting === 'never') return Number.POSITIVE_INFINITY
    const isLoading = isStarting(record) && !this.#options.hasStack?.(record)
    return isLoading ? stateLimits.startingHangAfterMs : stateLimits.hangAfterMs
  }

  #watchedOf(record: WorkerRecord): WatchedWorker {
    const watched = this.#watched.get(record) ?? new WatchedWorker(record, this.#options.readStat)
    this.#watched.set(record, watched)
    return watched
  }

  /** Time since the last beat in which reports of workers could arrive. */
  #relayedMs(now: number, ownMs: number): number {
    const { beat } = this.#options
    if (!beat) return ownMs
    const current = beat()
    if (current === this.#beat) {
      this.#stillMs += ownMs
      return 0
    }
    this.#stillMs = 0
    const relayedMs = credited(this.#beatAt, now)
    this.#beat = current
    this.#beatAt = now
    return relayedMs
  }

  /** A silence began at the last report. A change from one hang to the other happens now. */
  #sinceOf({ silence, lastSignAt }: WorkerRecord, silentMs: number): number {
    const { now, unixNow = systemNow } = this.#options
    const ageMs = lastSignAt === undefined ? silentMs : now() - lastSignAt
    return Math.floor((unixNow() - (silence ? 0 : ageMs)) / 1_000)
  }
}

function judge(record: WorkerRecord, view: ProcessView, since: number): void {
  const silence = silenceOf(view)
  // The primary has not seen the end yet. The end of a worker that hung is the end of a hang.
  if (silence.kind === 'gone' && record.silence) return
  if (silence.kind === 'gone') endSilence(record)
  else enterState(record, silence.kind, since)
  record.silence = silence
}

function silenceOf(view: ProcessView): Silence {
  if (view === 'gone') return { kind: 'gone' }
  if (view === 'hidden') return { kind: 'hanging', figures: undefined }
  // `t`: a debugger holds the process.
  const isStopped = view.processState === 'T' || view.processState === 't'
  return { kind: isStopped ? 'stopped' : 'hanging', figures: view }
}
