import { access } from 'node:fs'
import { logLimits } from '../limits/log.ts'
import type { Metric } from '../model/metric.ts'
import { version } from '../model/version.ts'
import { Peers, type ShownPeer } from './peers/peers.ts'
import { Publisher } from './publisher.ts'
import { PythonSnapshots } from './python-snapshots.ts'
import { Reader } from './reader.ts'
import type { RoundTripParticipant } from './redis/command-step.ts'
import { type RedisKeys, redisKeysOf } from './redis/keys.ts'
import type { RedisSettings } from './redis/redis-settings.ts'
import { RedisRoundTrip } from './redis/round-trip.ts'
import { type ForwarderStatus, type PeerSummary, SharingStatus } from './sharing-status.ts'

export interface RedisShareOptions {
  readonly settings: RedisSettings
  /** The own cluster; undefined for whoever only shows the others'. */
  readonly own: OwnCluster | undefined
  /** Tells the operator something, without passwords. */
  readonly onNotice: (text: string) => void
}

interface OwnCluster {
  /** Its metrics now; may throw. */
  readonly collect: () => readonly Metric[]
  /** The page, as text; may throw. */
  readonly snapshot: () => string
}

/** The sharing of metrics by Redis: writes the own cluster's, reads those of others. Begins at once. */
export class RedisShare {
  readonly #options: RedisShareOptions
  readonly #figures = new SharingStatus()
  readonly #peers: Peers
  readonly #publisher: Publisher | undefined
  readonly #sharer: RedisRoundTrip
  #isFailing = false

  constructor(options: RedisShareOptions) {
    // Node's threads that look names up are the application's too, and inherit the priority of who needs them first.
    access('.', () => {})
    this.#options = options
    const { connection, prefix, ttlMs, collectIntervalMs } = options.settings
    const keys = redisKeysOf(prefix, connection)
    this.#peers = new Peers({ ttlMs, now: () => performance.now() })
    this.#publisher = this.#newPublisher(keys)
    const own = (): string | undefined => this.#publisher?.incarnation
    const reader = new Reader({ keys, ttlMs, sources: this.#peers, own })
    this.#sharer = new RedisRoundTrip({
      connection,
      intervalMs: collectIntervalMs,
      parts: [...this.#writers(keys), reader],
      onConnected: (isConnected) => {
        this.#figures.isConnected = isConnected
      },
      onRound: (seconds, error) => this.#note(seconds, error),
    })
  }

  /** Everything that is shared and alive, with the names of its clusters. @param own of the own cluster, now. */
  page(own: readonly Metric[]): Metric[] {
    const identity = this.#publisher?.identity
    return [...(this.#publisher?.page(own) ?? []), ...this.#peers.metrics(identity)]
  }

  /** The other clusters that `page` shows to whoever has none of its own. */
  shown(): ShownPeer[] {
    return this.#peers.shown()
  }

  /** The sharing's own. */
  metrics(): Metric[] {
    return this.#figures.metrics(this.#surroundings())
  }

  status(): ForwarderStatus {
    return this.#figures.status(this.#surroundings())
  }

  /** Writes for the last time; never rejects. */
  async last(): Promise<void> {
    this.#publisher?.end()
    await this.#sharer.last()
    this.#figures.isRunning = false
  }

  #newPublisher(keys: RedisKeys): Publisher | undefined {
    const { own, settings, onNotice } = this.#options
    if (!own) return undefined
    const isTaken: Peers['isTaken'] = (state) => this.#peers.isTaken(state)
    return new Publisher({ settings, keys, collect: own.collect, isTaken, onNotice })
  }

  #writers(keys: RedisKeys): RoundTripParticipant[] {
    const { own, settings } = this.#options
    const publisher = this.#publisher
    if (!own || !publisher) return []
    const forwarder = new PythonSnapshots({
      keys,
      intervalMs: settings.forwardIntervalMs,
      ttlMs: settings.ttlMs,
      own: () => publisher.incarnation,
      snapshot: () => (publisher.identity ? own.snapshot() : undefined),
      metadata: () => this.#metadata(),
      onForward: () => this.#figures.addForward(),
    })
    return [publisher, forwarder]
  }

  #metadata(): Readonly<Record<string, unknown>> {
    const { collectIntervalMs, forwardIntervalMs, serviceSlot: place } = this.#options.settings
    return {
      version,
      service: place.service,
      timestamp: Date.now() / 1_000,
      collect_interval: collectIntervalMs / 1_000,
      forward_interval: forwardIntervalMs / 1_000,
      ...this.status(),
    }
  }

  #surroundings(): PeerSummary {
    const identity = this.#publisher?.identity
    const peers = this.#peers.counts(identity)
    return { instance: identity?.instance, peers, refused: this.#peers.refused }
  }

  #note(seconds: number, error: string | undefined): void {
    this.#figures.add(seconds, error)
    if ((error !== undefined) === this.#isFailing) return
    this.#isFailing = error !== undefined
    this.#options.onNotice(
      error === undefined
        ? 'metrics are shared by Redis again'
        : `metrics cannot be shared by Redis, trying again: ${error}`.slice(
            0,
            logLimits.shownChars,
          ),
    )
  }
}
