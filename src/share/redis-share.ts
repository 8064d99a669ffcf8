import { access } from 'node:fs'
import { logLimits } from '../limits/log.ts'
import { shareLimits } from '../limits/share.ts'
import { type CodedText, coded } from '../model/errors/coded-text.ts'
import type { ErrorCode } from '../model/errors/error-table.ts'
import type { Metric } from '../model/metric.ts'
import type { Body } from '../model/page/body.ts'
import { version } from '../model/version.ts'
import { nodeClock } from '../support/clock.ts'
import { failureChanges } from '../support/failure-changes.ts'
import { withTimeLimit } from '../support/time-limit.ts'
import { Peers, type ShownPeer } from './peers/peers.ts'
import { Publisher } from './publisher.ts'
import { PythonSnapshots } from './python-snapshots.ts'
import { Reader } from './reader.ts'
import type { RoundTripParticipant } from './redis/command-step.ts'
import { type RedisKeys, redisKeysOf } from './redis/keys.ts'
import type { RedisSettings } from './redis/redis-settings.ts'
import { RedisRoundTrip, type RedisRoundTripOptions } from './redis/round-trip.ts'
import { type ForwarderStatus, type PeerSummary, SharingStatus } from './sharing-status.ts'

export interface RedisShareOptions {
  readonly settings: RedisSettings
  /** This cluster; undefined for a sidecar, which only reads. */
  readonly own: OwnCluster | undefined
  /** Default: reads the clusters of all Kubernetes nodes. */
  readonly node?: string | undefined
  /** Called with a text for the operator, without passwords. */
  readonly onNotice: (text: CodedText) => void
  /** Default: a connection of ioredis. */
  readonly open?: RedisRoundTripOptions['open']
}

interface OwnCluster {
  /** Returns the current metrics; may throw. */
  readonly collect: () => readonly Metric[]
  /** Returns the page; may throw. */
  readonly snapshot: () => Body
}

interface Failure {
  readonly error: string
  /** Undefined for a failure of Redis itself. */
  readonly code: ErrorCode | undefined
}

/**
 * Shares metrics by Redis: writes the state of this cluster and reads the states of peers. Starts
 * in the constructor.
 */
export class RedisShare {
  readonly #options: RedisShareOptions
  readonly #status = new SharingStatus()
  readonly #peers: Peers
  readonly #publisher: Publisher | undefined
  readonly #reader: Reader
  readonly #roundTrips: RedisRoundTrip

  constructor(options: RedisShareOptions) {
    // Starts the thread pool of libuv at the priority of the process. Otherwise the lookup of the
    // Redis host starts the pool with the lower priority of this thread, and the application uses
    // the pool, too.
    access('.', () => {})
    this.#options = options
    const { connection, prefix, ttlMs, collectIntervalMs } = options.settings
    const { open, node } = options
    const keys = redisKeysOf(prefix, connection)
    this.#peers = new Peers({ ttlMs, now: nodeClock.now, node })
    this.#publisher = this.#newPublisher(keys)
    const own = (): string | undefined => this.#publisher?.incarnation
    const peers = this.#peers
    this.#reader = new Reader({ keys, ttlMs, intervalMs: collectIntervalMs, peers, own })
    if (options.settings.serviceSlot.instance !== undefined) this.#checkName()
    const reportChange = this.#changeReports()
    this.#roundTrips = new RedisRoundTrip({
      connection,
      ...(open && { open }),
      intervalMs: collectIntervalMs,
      participants: [...this.#writers(keys), this.#reader],
      onConnected: (isConnected) => {
        this.#status.isConnected = isConnected
      },
      onRoundTrip: (seconds, error, code) => {
        this.#status.add(seconds, error)
        if (error !== undefined) this.#reader.giveUp()
        reportChange(error === undefined ? undefined : { error, code })
      },
    })
  }

  /**
   * The metrics of all shown clusters with their `instance` labels.
   * @param own current metrics of this cluster.
   */
  page(own: readonly Metric[]): Metric[] {
    const identity = this.#publisher?.identity
    return [...(this.#publisher?.page(own) ?? []), ...this.#peers.metrics(identity)]
  }

  /**
   * Call before each page for a scraper.
   * @returns undefined if the page is recent, or while Redis fails. Otherwise, the promise resolves
   * when the page is recent, after shareLimits.recentReadMs at the latest.
   */
  freshen(): Promise<unknown> | undefined {
    const read = this.#reader.request()
    if (!read || !this.#roundTrips.isHealthy) return undefined
    this.#roundTrips.hurry()
    return withTimeLimit(read, shareLimits.recentReadMs)
  }

  /** Makes the next round trip read all states, unless the states are recent. */
  refresh(): void {
    this.#reader.refresh()
  }

  /** The clusters on the page of a sidecar. */
  shown(): ShownPeer[] {
    return this.#peers.shown()
  }

  /** Number of clusters outside of the node by reason; empty without a node. */
  get outside(): Peers['outside'] {
    return this.#peers.outside
  }

  /** Metrics of the sharing itself. */
  metrics(): Metric[] {
    return this.#status.metrics(this.#peerSummary())
  }

  /** Time since the last round trip that succeeded, or since the start. */
  get successAgeSeconds(): number {
    return this.#status.successAgeSeconds
  }

  status(): ForwarderStatus {
    return this.#status.status(this.#peerSummary())
  }

  /** Writes the final state; never rejects. @returns the error; undefined after a success. */
  async last(): Promise<string | undefined> {
    this.#publisher?.end()
    const error = await this.#roundTrips.last()
    this.#reader.giveUp()
    this.#status.isRunning = false
    return error
  }

  /**
   * Processes of several services can have one given name. The check has a repetition, since both
   * can start at the same time.
   */
  #checkName(): void {
    this.#reader.want()
    nodeClock.after(shareLimits.nameCheckMs, () => this.#reader.want())
  }

  #newPublisher(keys: RedisKeys): Publisher | undefined {
    const { own, settings, onNotice } = this.#options
    if (!own) return undefined
    const isNameTaken: Peers['isNameTaken'] = (state) => this.#peers.isNameTaken(state)
    return new Publisher({ settings, keys, collect: own.collect, isNameTaken, onNotice })
  }

  #writers(keys: RedisKeys): RoundTripParticipant[] {
    const { own, settings } = this.#options
    const publisher = this.#publisher
    if (!own || !publisher) return []
    const snapshots = new PythonSnapshots({
      keys,
      intervalMs: settings.forwardIntervalMs,
      ttlMs: settings.ttlMs,
      own: () => publisher.incarnation,
      snapshot: () => (publisher.identity ? own.snapshot() : undefined),
      metadata: () => this.#metadata(),
      onForward: () => this.#status.addForward(),
      onChosen: () => this.#reader.refresh(),
    })
    return [publisher, snapshots]
  }

  #metadata(): Readonly<Record<string, unknown>> {
    const { collectIntervalMs, forwardIntervalMs, serviceSlot } = this.#options.settings
    return {
      version,
      service: serviceSlot.service,
      // Unix seconds, as the Python exporter writes.
      timestamp: Date.now() / 1_000,
      collect_interval: collectIntervalMs / 1_000,
      forward_interval: forwardIntervalMs / 1_000,
      ...this.status(),
    }
  }

  #peerSummary(): PeerSummary {
    const identity = this.#publisher?.identity
    const counts = this.#peers.counts(identity)
    const peers = new Map<string, number>([...counts, ['unread', this.#reader.unread]])
    return { instance: identity?.instance, peers, refused: this.#peers.refused }
  }

  #changeReports(): (failure: Failure | undefined) => void {
    const { onNotice } = this.#options
    return failureChanges<Failure>({
      onFailing: ({ error, code = 'GPE_REDIS' }) => {
        const text = `metrics cannot be shared by Redis, trying again: ${error}`
        onNotice(coded(code, text.slice(0, logLimits.shownChars)))
      },
      onRecovered: () => onNotice(coded('GPE_RECOVERED', 'metrics are shared by Redis again')),
    })
  }
}
