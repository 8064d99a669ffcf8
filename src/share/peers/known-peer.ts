import { shareLimits } from '../../limits/share.ts'
import type { Metric } from '../../model/metric.ts'
import type { InstanceLabels } from './instance-labels.ts'
import type { PeerState } from './peer-state.ts'

/** A cluster as it was last read. */
export interface KnownPeer {
  readonly bytes: Buffer
  readonly state: PeerState
  readonly labels: InstanceLabels
  readonly series: number
  /** Milliseconds of the monotonic clock, as `now` below. */
  readonly heardAt: number
  labelled: Metric[] | undefined
}

/** Whether it writes. */
export function isLive({ state, heardAt }: KnownPeer, now: number): boolean {
  return !state.hasEnded && now - heardAt <= silenceMs(state)
}

/** Who of several with one name is shown under it, by names. @param all the older first. */
export function holdersOf(all: readonly KnownPeer[], now: number): Map<string, KnownPeer> {
  const holders = new Map<string, KnownPeer>()
  for (const known of all) {
    const { instance } = known.state
    const holder = holders.get(instance)
    if (!holder || givesWay(holder, known, now)) holders.set(instance, known)
  }
  return holders
}

/** Whoever is silent holds no name against one that lives; nor again when that one is silent too. */
function givesWay(holder: KnownPeer, younger: KnownPeer, now: number): boolean {
  if (isLive(holder, now)) return false
  return isLive(younger, now) || younger.heardAt > holder.heardAt
}

/** How long one may say nothing before it counts as away, milliseconds. */
export function silenceMs({ intervalMs }: Pick<PeerState, 'intervalMs'>): number {
  return Math.max(shareLimits.silenceMs, 3 * intervalMs)
}

/** Of two. */
export function isEarlier(one: Begun, other: Begun): boolean {
  if (one.startedAt !== other.startedAt) return one.startedAt < other.startedAt
  return one.incarnation < other.incarnation
}

type Begun = Pick<PeerState, 'startedAt' | 'incarnation'>

/** @param now Unix milliseconds. */
export function allOf({ metrics, retained }: PeerState, now: number): Metric[] {
  return [
    ...metrics,
    ...retained.filter(({ until }) => until > now).flatMap((each) => each.metrics),
  ]
}

export function seriesOf(state: PeerState): number {
  const groups = [state, ...state.retained]
  return groups.reduce(
    (sum, { metrics }) => metrics.reduce((total, { points }) => total + points.length, sum),
    0,
  )
}
