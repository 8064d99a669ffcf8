import { shareLimits } from '../../limits/share.ts'
import type { Metric } from '../../model/metric.ts'
import { InstanceLabels } from './instance-labels.ts'
import {
  allOf,
  holdersOf,
  isEarlier,
  isLive,
  type KnownPeer,
  seriesOf,
  silenceMs,
} from './known-peer.ts'
import { type PeerState, parsePeerState, type RejectReason } from './peer-state.ts'

/** How a cluster beside the own one is doing. */
export type PeerCondition =
  /** It writes. */
  | 'live'
  /** It has been silent for three of its intervals, or has ended. */
  | 'stale'
  /** Another continues its totals. */
  | 'replaced'
  /** Another has its name: it is not shown until it has taken another name, or that one is silent. */
  | 'name_conflict'

const conditions = ['live', 'stale', 'replaced', 'name_conflict'] as const

/** A cluster on the page. */
export interface ShownPeer {
  readonly instance: string
  readonly service: string
  readonly state: 'live' | 'stale' | 'ended'
  /** How old that is which is shown of it. */
  readonly ageSeconds: number
}

/** Times in milliseconds of a monotonic clock. */
export interface PeersOptions {
  /** Undefined = for ever. */
  readonly ttlMs: number | undefined
  readonly now: () => number
}

/**
 * The other clusters as they were last read. Each stays until it has been silent for the time to live, whatever
 * becomes of Redis in between; what is not believed changes nothing, and is counted.
 */
export class Peers {
  readonly #options: PeersOptions
  /** By incarnation; bounded by shareLimits.peers. */
  readonly #known = new Map<string, KnownPeer>()
  /** Those that another one continues, since when: they are not taken any more. Bounded by shareLimits.peers. */
  readonly #continued = new Map<string, number>()
  /** What was refused last, so that it counts once, and what was shown for long enough; bounded by shareLimits.peers. */
  readonly #past = new Map<string, Buffer>()
  readonly #refused = new Map<string, number>()
  #series = 0

  constructor(options: PeersOptions) {
    this.#options = options
  }

  /** Values that were not believed, by reason. */
  get refused(): ReadonlyMap<string, number> {
    return this.#refused
  }

  /** Takes what was read under this incarnation's key; nothing there is nothing new. */
  take(incarnation: string, bytes: unknown): void {
    if (!Buffer.isBuffer(bytes) || bytes.length === 0 || this.#continued.has(incarnation)) return
    const known = this.#known.get(incarnation)
    if (known?.bytes.equals(bytes) || this.#past.get(incarnation)?.equals(bytes)) return
    const state = parsePeerState(bytes)
    if (typeof state === 'string') this.#refuse(incarnation, bytes, state)
    // A copy of another's would count twice.
    else if (state.incarnation !== incarnation) this.#refuse(incarnation, bytes, 'content')
    // What a failover brought back.
    else if (known && state.sequence <= known.state.sequence) return
    else this.#keep(state, bytes, known)
  }

  /** Only these are in Redis now. What is past of others may be forgotten. */
  retain(incarnations: ReadonlySet<string>): void {
    for (const incarnation of this.#past.keys()) {
      if (!incarnations.has(incarnation)) this.#past.delete(incarnation)
    }
  }

  /** Everything to be shown, with the names of the clusters. @param own state of the reader's own, if it has any. */
  metrics(own: Pick<PeerState, 'instance' | 'predecessors'> | undefined): Metric[] {
    const shown = this.#judged(own).filter(
      ({ condition }) => condition === 'live' || condition === 'stale',
    )
    return shown.flatMap(({ known }) => {
      known.labelled ??= known.labels.on(allOf(known.state, Date.now()))
      return known.labelled
    })
  }

  counts(
    own: Pick<PeerState, 'instance' | 'predecessors'> | undefined,
  ): Map<PeerCondition, number> {
    const counts = new Map<PeerCondition, number>(conditions.map((each) => [each, 0]))
    for (const { condition } of this.#judged(own)) {
      counts.set(condition, (counts.get(condition) ?? 0) + 1)
    }
    return counts.set('replaced', this.#continued.size)
  }

  /** Those that are shown to whoever has no cluster of its own. */
  shown(): ShownPeer[] {
    return this.#judged(undefined).flatMap(({ known: { state, heardAt }, condition }) => {
      if (condition !== 'live' && condition !== 'stale') return []
      const { instance, service, hasEnded } = state
      const ageSeconds = Math.max(0, this.#options.now() - heardAt) / 1_000
      return [{ instance, service, state: hasEnded ? 'ended' : condition, ageSeconds }]
    })
  }

  /** Whether one that began earlier, and has not ended, goes by this name. */
  isTaken({ instance, startedAt, incarnation, predecessors }: PeerState): boolean {
    const mine = { startedAt, incarnation }
    return this.#judged(undefined).some(
      ({ known: { state }, condition }) =>
        state.instance === instance &&
        !predecessors.includes(state.incarnation) &&
        condition === 'live' &&
        isEarlier(state, mine),
    )
  }

  #judged(own: Pick<PeerState, 'instance' | 'predecessors'> | undefined): Judged[] {
    this.#expire()
    for (const predecessor of own?.predecessors ?? []) this.#release(predecessor)
    const all = [...this.#known.values()].sort((one, other) =>
      isEarlier(one.state, other.state) ? -1 : 1,
    )
    const now = this.#options.now()
    const holders = holdersOf(all, now)
    return all.map((known) => {
      const { instance } = known.state
      const isHolder = instance !== own?.instance && holders.get(instance) === known
      if (!isHolder) return { known, condition: 'name_conflict' }
      return { known, condition: isLive(known, now) ? 'live' : 'stale' }
    })
  }

  #keep(state: PeerState, bytes: Buffer, known: KnownPeer | undefined): void {
    if (!known && this.#hasHeir(state.incarnation)) {
      this.#retire(state.incarnation)
      return
    }
    const series = seriesOf(state)
    // What it continues makes room for it: else the restart of a large fleet would shut half of it out.
    const names = new Set([state.incarnation, ...state.predecessors])
    const former = [...names].flatMap((each) => this.#known.get(each) ?? [])
    const left = former.reduce((sum, each) => sum - each.series, this.#series)
    const isFull = this.#known.size - former.length >= shareLimits.peers
    if (isFull || left + series > shareLimits.sharedSeries) {
      this.#refuse(state.incarnation, bytes, 'limit')
      return
    }
    for (const predecessor of state.predecessors) this.#release(predecessor)
    this.#past.delete(state.incarnation)
    this.#series += series - (known?.series ?? 0)
    const labels = known?.labels.instance === state.instance ? known.labels : undefined
    this.#known.set(state.incarnation, {
      bytes,
      state,
      series,
      labels: labels ?? new InstanceLabels(state.instance),
      heardAt: this.#options.now() - (known ? 0 : this.#ageOf(state)),
      labelled: undefined,
    })
  }

  #hasHeir(incarnation: string): boolean {
    return [...this.#known.values()].some(({ state }) => state.predecessors.includes(incarnation))
  }

  /** Another one has its totals, and its room. */
  #release(incarnation: string): void {
    const known = this.#known.get(incarnation)
    if (!known) return
    this.#known.delete(incarnation)
    this.#series -= known.series
    this.#retire(incarnation)
  }

  #retire(incarnation: string): void {
    const [oldest] = this.#continued.keys()
    if (oldest !== undefined && this.#continued.size >= shareLimits.peers) {
      this.#continued.delete(oldest)
    }
    this.#continued.set(incarnation, this.#options.now())
  }

  /** One that is seen for the first time may have been silent for long; or lives, and its clock is behind: it has the time to write again. */
  #ageOf(state: PeerState): number {
    const most = (this.#options.ttlMs ?? 0) - silenceMs(state)
    return Math.max(0, Math.min(Date.now() - state.writtenAt, most))
  }

  #refuse(incarnation: string, bytes: Buffer, reason: RejectReason | 'limit'): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1)
    this.#passBy(incarnation, bytes)
  }

  /** As long as it stays there it is not looked at again. */
  #passBy(incarnation: string, bytes: Buffer): void {
    if (this.#past.size < shareLimits.peers) this.#past.set(incarnation, bytes)
  }

  #expire(): void {
    const { ttlMs, now } = this.#options
    if (ttlMs === undefined) return
    for (const [incarnation, since] of this.#continued) {
      if (now() - since > ttlMs) this.#continued.delete(incarnation)
    }
    for (const [incarnation, { heardAt, series, bytes }] of this.#known) {
      if (now() - heardAt <= ttlMs) continue
      this.#known.delete(incarnation)
      this.#passBy(incarnation, bytes)
      this.#series -= series
    }
  }
}

interface Judged {
  readonly known: KnownPeer
  readonly condition: PeerCondition
}
