import { shareLimits } from '../limits/share.ts'
import type { Body } from '../model/page/body.ts'
import { type Clock, nodeClock } from '../support/clock.ts'
import {
  type CommandStep,
  expiry,
  isDone,
  type RoundTripParticipant,
} from './redis/command-step.ts'
import type { RedisKeys } from './redis/keys.ts'

export interface PythonSnapshotsOptions {
  readonly keys: RedisKeys
  readonly intervalMs: number
  /** Milliseconds; undefined = the last snapshot stays. */
  readonly ttlMs: number | undefined
  /** The process's own incarnation. */
  readonly own: () => string
  /** Returns the page; undefined while the cluster has no name. May throw. */
  readonly snapshot: () => Body | undefined
  /** Returns facts about the snapshots, for JSON. */
  readonly metadata: () => Readonly<Record<string, unknown>>
  readonly onForward: () => void
  /** Called when this process writes the next snapshot. */
  readonly onChosen: () => void
  /** Default: the clock of Node. */
  readonly clock?: Pick<Clock, 'now'>
}

/**
 * Writes pages in the layout that the Python exporter's documents describe: the latest page,
 * metadata and earlier pages. A lock in Redis chooses one process per interval.
 */
export class PythonSnapshots implements RoundTripParticipant {
  readonly #options: PythonSnapshotsOptions
  #requestedAt = Number.NEGATIVE_INFINITY
  #hasLock = false

  constructor(options: PythonSnapshotsOptions) {
    this.#options = options
  }

  steps(): CommandStep[] {
    if (this.#hasLock) return this.#snapshot()
    const { keys, intervalMs, own, onChosen, clock = nodeClock } = this.#options
    const now = clock.now()
    if (now - this.#requestedAt < intervalMs) return []
    this.#requestedAt = now
    const take = (value: unknown): void => {
      this.#hasLock = isDone(value)
      if (this.#hasLock) onChosen()
    }
    // Shorter than the interval, so that the same process can take the lock again.
    const lockMs = Math.ceil(0.9 * intervalMs)
    return [{ command: ['SET', keys.forwarder, own(), 'NX', 'PX', lockMs], take }]
  }

  #snapshot(): CommandStep[] {
    const { keys, intervalMs, ttlMs, snapshot, metadata, onForward } = this.#options
    this.#hasLock = false
    const page = snapshot()
    if (page === undefined) return []
    if (page.bytes > shareLimits.snapshotBytes) return this.#keepLock()
    const text = Buffer.concat(page.parts)
    const period = Math.max(1, Math.round(intervalMs / 1_000))
    // Unix time, as the Python exporter of another process uses it.
    const seconds = period * Math.floor(Date.now() / 1_000 / period)
    const historyMs = Math.ceil(shareLimits.snapshots * intervalMs)
    const historyTtlMs = Math.min(historyMs, ttlMs ?? historyMs)
    return [
      { command: ['SET', keys.latest, text, ...expiry(ttlMs)], take: onForward },
      { command: ['SET', keys.metadata, JSON.stringify(metadata()), ...expiry(ttlMs)] },
      { command: ['SET', keys.history(seconds), text, 'PX', historyTtlMs] },
      ...this.#trim(),
    ]
  }

  /** Another process would read all states, too, and render a page of the same size. */
  #keepLock(): CommandStep[] {
    const { keys, intervalMs, own } = this.#options
    const lockMs = Math.ceil(shareLimits.largeSnapshotIntervals * intervalMs)
    return [{ command: ['SET', keys.forwarder, own(), 'PX', lockMs] }]
  }

  /**
   * Removes processes from the index after a silence longer than any clock difference.
   */
  #trim(): CommandStep[] {
    const { keys, ttlMs } = this.#options
    if (ttlMs === undefined) return []
    // The index has Unix times, since processes of several hosts write it.
    const least = Date.now() - ttlMs - shareLimits.clockSkewMs
    return [{ command: ['ZREMRANGEBYSCORE', keys.index, '-inf', least] }]
  }
}
