import { isEarlier, isLive, type KnownPeer, lastSignAt } from './known-peer.ts'
import type { PeerState } from './peer-state.ts'

/** Condition of another cluster. */
export type PeerCondition =
  /** The peer writes. */
  | 'live'
  /** The peer has ended, or has been silent for three intervals. */
  | 'stale'
  /** A successor continues the totals of the peer. */
  | 'replaced'
  /**
   * The peer is hidden until the peer takes another name, or the other cluster with the name is
   * silent.
   */
  | 'name_conflict'

export const peerConditions = ['live', 'stale', 'replaced', 'name_conflict'] as const

export interface JudgedPeer {
  readonly known: KnownPeer
  readonly condition: PeerCondition
}

/** Name of the reader's own cluster. */
export type OwnName = Pick<PeerState, 'instance' | 'predecessors'>

/**
 * The condition of each peer, the earliest started first.
 * @param now milliseconds of the monotonic clock.
 */
export function judge(
  known: Iterable<KnownPeer>,
  own: Pick<OwnName, 'instance'> | undefined,
  now: number,
): JudgedPeer[] {
  const all = [...known].sort((one, other) => (isEarlier(one.state, other.state) ? -1 : 1))
  const holders = holdersOf(all, now)
  return all.map((each) => {
    const { instance } = each.state
    const isHolder = instance !== own?.instance && holders.get(instance) === each
    if (!isHolder) return { known: each, condition: 'name_conflict' }
    return { known: each, condition: isLive(each, now) ? 'live' : 'stale' }
  })
}

/** Whether the page shows a peer in this condition. */
export function isShown(condition: PeerCondition): condition is 'live' | 'stale' {
  return condition === 'live' || condition === 'stale'
}

/**
 * For each name, the shown peer.
 * @param all the peers, the earliest started first.
 */
function holdersOf(all: readonly KnownPeer[], now: number): Map<string, KnownPeer> {
  const holders = new Map<string, KnownPeer>()
  for (const known of all) {
    const { instance } = known.state
    const holder = holders.get(instance)
    if (!holder || losesName(holder, known, now)) holders.set(instance, known)
  }
  return holders
}

/** A silent peer loses the name to a live peer. The name does not return when both are silent. */
function losesName(holder: KnownPeer, later: KnownPeer, now: number): boolean {
  if (isLive(holder, now)) return false
  return isLive(later, now) || lastSignAt(later) > lastSignAt(holder)
}
