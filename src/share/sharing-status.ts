import { catalog } from '../model/catalog/catalog.ts'
import { declared, labelled, point } from '../model/catalog/declared.ts'
import type { Metric } from '../model/metric.ts'
import { AttemptCounts } from '../support/attempt-counts.ts'
import { isoTime } from '../support/iso-time.ts'

/** Status of sharing by Redis, for `/status` and `forwarderStatus()`. Times are ISO 8601, UTC. */
export interface ForwarderStatus {
  readonly running: boolean
  readonly connected: boolean
  /** The `instance` label of this process's series; null until the name is known. */
  readonly instance: string | null
  /** Round trips that wrote the state. */
  readonly totalPublishes: number
  /** Round trips that failed. */
  readonly totalFailures: number
  readonly lastSuccessAt: string | null
  /** Text of the last failure, without passwords; null after a success. */
  readonly lastError: string | null
  readonly lastErrorAt: string | null
  /** Snapshots that this process wrote. */
  readonly totalForwards: number
  readonly lastForwardAt: string | null
  /** Number of other clusters by state. */
  readonly peers: Readonly<Record<string, number>>
  /** Rejected values by reason. */
  readonly refused: Readonly<Record<string, number>>
}

/** Facts about the peers at the time of a status. */
export interface PeerSummary {
  readonly instance: string | undefined
  readonly peers: ReadonlyMap<string, number>
  readonly refused: ReadonlyMap<string, number>
}

/** Counts round trips and snapshots. */
export class SharingStatus {
  readonly #roundTrips = new AttemptCounts()
  #forwards = 0
  /** Unix milliseconds, because a status shows the time to a person. */
  #forwardedAt: number | undefined
  isConnected = false
  isRunning = true

  /** Time since the last success, or since the start. */
  get successAgeSeconds(): number {
    return this.#roundTrips.ageSeconds
  }

  /** @param error text of the failure; undefined for a success. */
  add(seconds: number, error: string | undefined): void {
    this.#roundTrips.add(seconds, error)
  }

  addForward(): void {
    this.#forwards += 1
    this.#forwardedAt = Date.now()
  }

  metrics({ peers, refused }: PeerSummary): Metric[] {
    const { counts, seconds } = this.#roundTrips
    return [
      declared(catalog.exporterRedisConnected, [point({}, this.isConnected ? 1 : 0)]),
      declared(catalog.exporterRedisPublishes, labelled(counts, 'result')),
      declared(catalog.exporterRedisSeconds, [point({}, seconds)]),
      declared(catalog.exporterRedisPeers, labelled(peers, 'state')),
      declared(catalog.exporterRedisRefused, labelled(refused, 'reason')),
    ]
  }

  status({ instance, peers, refused }: PeerSummary): ForwarderStatus {
    const { successes, failures, succeededAt, failedAt, error } = this.#roundTrips
    return {
      running: this.isRunning,
      connected: this.isConnected,
      instance: instance ?? null,
      totalPublishes: successes,
      totalFailures: failures,
      lastSuccessAt: isoTime(succeededAt),
      lastError: error ?? null,
      lastErrorAt: isoTime(failedAt),
      totalForwards: this.#forwards,
      lastForwardAt: isoTime(this.#forwardedAt),
      peers: Object.fromEntries(peers),
      refused: Object.fromEntries(refused),
    }
  }
}
