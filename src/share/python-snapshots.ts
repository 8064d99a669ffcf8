import { shareLimits } from '../limits/share.ts'
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
  /** Milliseconds; undefined = what was written last stays. */
  readonly ttlMs: number | undefined
  readonly own: () => string
  /** The page as text; undefined while there is none of the own cluster. May throw. */
  readonly snapshot: () => string | undefined
  /** What is to be known of the forwarding, for JSON. */
  readonly metadata: () => Readonly<Record<string, unknown>>
  readonly onForward: () => void
}

/**
 * Writes the layout of the Python exporter's documents, for its readers: the latest page, what is known of the
 * forwarding, and earlier pages. Of all clusters one does it at a time.
 */
export class PythonSnapshots implements RoundTripParticipant {
  readonly #options: PythonSnapshotsOptions
  #askedAt = Number.NEGATIVE_INFINITY
  #isMine = false

  constructor(options: PythonSnapshotsOptions) {
    this.#options = options
  }

  steps(): CommandStep[] {
    if (this.#isMine) return this.#snapshot()
    const { keys, intervalMs, own } = this.#options
    const now = performance.now()
    if (now - this.#askedAt < intervalMs) return []
    this.#askedAt = now
    const take = (value: unknown): void => {
      this.#isMine = isDone(value)
    }
    // A little less, so that who has it may have it again.
    const lifetime = Math.ceil(0.9 * intervalMs)
    return [{ command: ['SET', keys.forwarder, own(), 'NX', 'PX', lifetime], take }]
  }

  #snapshot(): CommandStep[] {
    const { keys, intervalMs, ttlMs, snapshot, metadata, onForward } = this.#options
    this.#isMine = false
    const text = snapshot()
    if (text === undefined || Buffer.byteLength(text) > shareLimits.snapshotBytes) return []
    const period = Math.max(1, Math.round(intervalMs / 1_000))
    const seconds = period * Math.floor(Date.now() / 1_000 / period)
    const historyMs = Math.ceil(shareLimits.snapshots * intervalMs)
    const lifetime = expiry(ttlMs)
    return [
      { command: ['SET', keys.latest, text, ...lifetime], take: onForward },
      { command: ['SET', keys.metadata, JSON.stringify(metadata()), ...lifetime] },
      {
        command: [
          'SET',
          keys.history(seconds),
          text,
          'PX',
          Math.min(historyMs, ttlMs ?? historyMs),
        ],
      },
      ...this.#trim(),
    ]
  }

  /** Whoever is gone for longer than any clock can be wrong. */
  #trim(): CommandStep[] {
    const { keys, ttlMs } = this.#options
    if (ttlMs === undefined) return []
    const least = Date.now() - ttlMs - shareLimits.clockSkewMs
    return [{ command: ['ZREMRANGEBYSCORE', keys.index, '-inf', least] }]
  }
}
