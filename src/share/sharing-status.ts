import { catalog } from '../model/catalog/catalog.ts'
import { declared, labelled, point } from '../model/catalog/declared.ts'
import type { Metric } from '../model/metric.ts'

/** What is known of the sharing, for `/status` and `forwarderStatus()`. Times are ISO 8601, UTC. */
export interface ForwarderStatus {
  readonly running: boolean
  readonly connected: boolean
  /** The label of this process's series; null until it is known. */
  readonly instance: string | null
  /** Round trips that wrote the state, and those that failed. */
  readonly totalPublishes: number
  readonly totalFailures: number
  readonly lastSuccessAt: string | null
  /** What the last failure said, without passwords; null after a success. */
  readonly lastError: string | null
  readonly lastErrorAt: string | null
  /** Snapshots that this process wrote. */
  readonly totalForwards: number
  readonly lastForwardAt: string | null
  /** Other clusters by their condition. */
  readonly peers: Readonly<Record<string, number>>
  /** Values that were not believed, by reason. */
  readonly refused: Readonly<Record<string, number>>
}

/** What only others know. */
export interface PeerSummary {
  readonly instance: string | undefined
  readonly peers: ReadonlyMap<string, number>
  readonly refused: ReadonlyMap<string, number>
}

/** What became of the sharing so far. */
export class SharingStatus {
  readonly #outcomes = new Map<'success' | 'failure', number>([
    ['success', 0],
    ['failure', 0],
  ])
  #seconds = 0
  #forwards = 0
  /** Unix milliseconds. */
  #succeededAt: number | undefined
  #failedAt: number | undefined
  #forwardedAt: number | undefined
  #error: string | undefined
  isConnected = false
  isRunning = true

  /** @param error what the failure said; undefined for a success. */
  add(seconds: number, error: string | undefined): void {
    const outcome = error === undefined ? 'success' : 'failure'
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1)
    this.#seconds += seconds
    this.#error = error
    if (error === undefined) this.#succeededAt = Date.now()
    else this.#failedAt = Date.now()
  }

  addForward(): void {
    this.#forwards += 1
    this.#forwardedAt = Date.now()
  }

  metrics({ peers, refused }: PeerSummary): Metric[] {
    return [
      declared(catalog.exporterRedisConnected, [point({}, this.isConnected ? 1 : 0)]),
      declared(catalog.exporterRedisPublishes, labelled(this.#outcomes, 'result')),
      declared(catalog.exporterRedisSeconds, [point({}, this.#seconds)]),
      declared(catalog.exporterRedisPeers, labelled(peers, 'state')),
      declared(catalog.exporterRedisRefused, labelled(refused, 'reason')),
    ]
  }

  status({ instance, peers, refused }: PeerSummary): ForwarderStatus {
    return {
      running: this.isRunning,
      connected: this.isConnected,
      instance: instance ?? null,
      totalPublishes: this.#outcomes.get('success') ?? 0,
      totalFailures: this.#outcomes.get('failure') ?? 0,
      lastSuccessAt: timeText(this.#succeededAt),
      lastError: this.#error ?? null,
      lastErrorAt: timeText(this.#failedAt),
      totalForwards: this.#forwards,
      lastForwardAt: timeText(this.#forwardedAt),
      peers: Object.fromEntries(peers),
      refused: Object.fromEntries(refused),
    }
  }
}

function timeText(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString()
}
