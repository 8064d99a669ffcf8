import { shareLimits } from '../../limits/share.ts'
import type { Metric } from '../../model/metric.ts'
import { IgnoredValues } from './ignored-values.ts'
import { InstanceLabels } from './instance-labels.ts'
import {
  allOf,
  firstAgeMs,
  isEarlier,
  type KnownPeer,
  lastSignAt,
  noteUnchanged,
  setUnchanged,
  type Unchanged,
} from './known-peer.ts'
import { OutsidePeers, type OutsideReason } from './outside-peers.ts'
import {
  isShown,
  type JudgedPeer,
  judge,
  type OwnName,
  type PeerCondition,
  peerConditions,
} from './peer-condition.ts'
import { noSize, type PeerSize, sizeOf, withoutSize, withSize } from './peer-size.ts'
import { type PeerState, parsePeerState } from './peer-state.ts'
import { ReplacedPeers } from './replaced-peers.ts'

/** A cluster on the page. */
export interface ShownPeer {
  readonly instance: string
  readonly service: string
  readonly state: 'live' | 'stale' | 'ended'
  /** Age of the shown state. */
  readonly ageSeconds: number
}

/** The last write of a peer, as an index has it. */
export interface ListedWrite {
  /** The time of the write, as the peer wrote it. */
  readonly version: string
  readonly unchanged: Unchanged
  /** Longest pause between two looks without an outage. */
  readonly pauseMs: number
}

/** Times in milliseconds of a monotonic clock. */
export interface PeersOptions {
  /** Undefined = a silent peer never disappears. */
  readonly ttlMs: number | undefined
  readonly now: () => number
  /** Default: shareLimits.sharedSeries. */
  readonly maxSeries?: number
  /** Default: peers of all Kubernetes nodes. */
  readonly node?: string | undefined
}

/**
 * The last states of other clusters, until a cluster is silent for the time to live, also while
 * Redis is down. A rejected value changes nothing and is counted.
 */
export class Peers {
  readonly #options: PeersOptions
  /** By incarnation; bounded by shareLimits.peers. */
  readonly #known = new Map<string, KnownPeer>()
  readonly #replaced = new ReplacedPeers()
  readonly #ignored = new IgnoredValues()
  readonly #outside: OutsidePeers
  #size: PeerSize = noSize

  constructor(options: PeersOptions) {
    this.#options = options
    this.#outside = new OutsidePeers(options.node)
  }

  /** Rejected values by reason. */
  get refused(): ReadonlyMap<string, number> {
    return this.#ignored.rejects
  }

  /** Number of peers outside of the node by reason; empty without a node. */
  get outside(): ReadonlyMap<OutsideReason, number> {
    return this.#outside.counts
  }

  /** Whether the peer is known to be outside of the node. Its further states are not needed. */
  isOutside(incarnation: string): boolean {
    return this.#outside.has(incarnation)
  }

  /** Takes the value of an incarnation's key. An empty value changes nothing. */
  take(incarnation: string, bytes: unknown): void {
    if (!Buffer.isBuffer(bytes) || bytes.length === 0 || this.#replaced.has(incarnation)) return
    const known = this.#known.get(incarnation)
    if (known?.bytes.equals(bytes)) noteUnchanged(known, this.#options.now())
    else if (!this.#ignored.has(incarnation, bytes)) this.#read(incarnation, bytes)
  }

  /** Takes the last write of a peer from an index, with or without its state. */
  hear(incarnation: string, { version, unchanged, pauseMs }: ListedWrite): void {
    const known = this.#known.get(incarnation)
    if (!known) return
    const isRead = version === String(known.state.writtenAt)
    setUnchanged(known, isRead ? unchanged : undefined)
    const isOld = isRead || version === known.heard?.version
    known.heard = { version, at: isOld ? lastSignAt(known) : unchanged.since, pauseMs }
  }

  #read(incarnation: string, bytes: Buffer): void {
    const known = this.#known.get(incarnation)
    const state = parsePeerState(bytes, known?.state)
    if (typeof state === 'string') this.#ignored.reject(incarnation, bytes, state)
    // A copy of another cluster's state would count twice.
    else if (state.incarnation !== incarnation) this.#ignored.reject(incarnation, bytes, 'content')
    // A failover of Redis can bring back an earlier state.
    else if (known && state.sequence <= known.state.sequence) return
    // The totals of a process can go on in a process of another node.
    else if (this.#outside.leavesOut(state)) this.#replaceAll(state)
    else this.#keep(state, bytes, known)
  }

  /** Forgets ignored values of incarnations that Redis no longer has. */
  retain(incarnations: ReadonlySet<string>): void {
    this.#ignored.retain(incarnations)
    this.#outside.retain(incarnations)
  }

  /**
   * The metrics of all shown peers, with their `instance` labels.
   * @param own name of the reader's own cluster, if any.
   */
  metrics(own: OwnName | undefined): Metric[] {
    const shown = this.#judged(own).filter(({ condition }) => isShown(condition))
    return shown.flatMap(({ known }) => {
      known.labelled ??= known.labels.on(allOf(known, this.#options.now()))
      return known.labelled
    })
  }

  /** Number of peers by condition. */
  counts(own: OwnName | undefined): Map<PeerCondition, number> {
    const counts = new Map<PeerCondition, number>(peerConditions.map((each) => [each, 0]))
    for (const { condition } of this.#judged(own)) {
      counts.set(condition, (counts.get(condition) ?? 0) + 1)
    }
    return counts.set('replaced', this.#replaced.size)
  }

  /** The clusters on the page of a reader without an own cluster. */
  shown(): ShownPeer[] {
    return this.#judged(undefined).flatMap(({ known: { state, receivedAt }, condition }) => {
      if (!isShown(condition)) return []
      const { instance, service, hasEnded } = state
      const ageSeconds = Math.max(0, this.#options.now() - receivedAt) / 1_000
      return [{ instance, service, state: hasEnded ? 'ended' : condition, ageSeconds }]
    })
  }

  /** Whether a live peer that started earlier has the same name. */
  isNameTaken({ instance, startedAt, incarnation, predecessors }: PeerState): boolean {
    const own = { startedAt, incarnation }
    return this.#judged(undefined).some(
      ({ known: { state }, condition }) =>
        state.instance === instance &&
        !predecessors.includes(state.incarnation) &&
        condition === 'live' &&
        isEarlier(state, own),
    )
  }

  #judged(own: OwnName | undefined): JudgedPeer[] {
    this.#expire()
    if (own) this.#replaceAll(own)
    return judge(this.#known.values(), own, this.#options.now())
  }

  #keep(state: PeerState, bytes: Buffer, known: KnownPeer | undefined): void {
    const { now, ttlMs, maxSeries = shareLimits.sharedSeries } = this.#options
    if (!known && this.#hasSuccessor(state.incarnation)) {
      this.#replaced.add(state.incarnation, now())
      return
    }
    const size = sizeOf(state)
    // Predecessors make room. Otherwise the restart of a large fleet would exclude half of the
    // fleet.
    const names = new Set([state.incarnation, ...state.predecessors])
    const former = [...names].flatMap((each) => this.#known.get(each) ?? [])
    const left = former.reduce((sum, each) => withoutSize(sum, each.size), this.#size)
    const isFull = this.#known.size - former.length >= shareLimits.peers
    const wanted = withSize(left, size)
    const isTooLarge = wanted.series > maxSeries || wanted.pageChars > shareLimits.sharedPageChars
    if (isFull || isTooLarge) {
      this.#ignored.reject(state.incarnation, bytes, 'limit')
      return
    }
    this.#replaceAll(state)
    this.#ignored.delete(state.incarnation)
    this.#size = withSize(withoutSize(this.#size, known?.size ?? noSize), size)
    const labels = known?.labels.instance === state.instance ? known.labels : undefined
    this.#known.set(state.incarnation, {
      bytes,
      state,
      size,
      labels: labels ?? new InstanceLabels(state.instance),
      receivedAt: now() - (known ? 0 : firstAgeMs(state, ttlMs)),
      unchanged: undefined,
      heard: undefined,
      labelled: undefined,
    })
  }

  #hasSuccessor(incarnation: string): boolean {
    if (this.#outside.continues(incarnation)) return true
    return [...this.#known.values()].some(({ state }) => state.predecessors.includes(incarnation))
  }

  #replaceAll({ predecessors }: Pick<PeerState, 'predecessors'>): void {
    for (const predecessor of predecessors) this.#replace(predecessor)
  }

  /** Removes a peer whose totals a successor continues. */
  #replace(incarnation: string): void {
    const known = this.#known.get(incarnation)
    if (!known) return
    this.#known.delete(incarnation)
    this.#size = withoutSize(this.#size, known.size)
    this.#replaced.add(incarnation, this.#options.now())
  }

  #expire(): void {
    const { ttlMs, now } = this.#options
    if (ttlMs === undefined) return
    this.#replaced.expire(now(), ttlMs)
    for (const [incarnation, known] of this.#known) {
      if (now() - lastSignAt(known) <= ttlMs) continue
      const { size, bytes } = known
      this.#known.delete(incarnation)
      this.#ignored.add(incarnation, bytes)
      this.#size = withoutSize(this.#size, size)
    }
  }
}
