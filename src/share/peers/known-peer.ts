import { shareLimits } from '../../limits/share.ts'
import type { Metric } from '../../model/metric.ts'
import type { InstanceLabels } from './instance-labels.ts'
import type { PeerState } from './peer-state.ts'

/** The last state of a peer, as read. */
export interface KnownPeer {
  readonly bytes: Buffer
  readonly state: PeerState
  readonly labels: InstanceLabels
  readonly series: number
  /** When a new state was read last. Milliseconds of the monotonic clock, as `now` below. */
  readonly receivedAt: number
  labelled: Metric[] | undefined
}

/** Whether the peer still writes. */
export function isLive({ state, receivedAt }: KnownPeer, now: number): boolean {
  return !state.hasEnded && now - receivedAt <= silenceMs(state)
}

/** A peer that writes nothing for longer is stale, milliseconds. */
export function silenceMs({ intervalMs }: Pick<PeerState, 'intervalMs'>): number {
  return Math.max(shareLimits.silenceMs, 3 * intervalMs)
}

/** Whether the first process started before the second. */
export function isEarlier(one: ProcessStart, other: ProcessStart): boolean {
  if (one.startedAt !== other.startedAt) return one.startedAt < other.startedAt
  return one.incarnation < other.incarnation
}

type ProcessStart = Pick<PeerState, 'startedAt' | 'incarnation'>

/**
 * All metrics of a state, with the retained series.
 * @param now Unix milliseconds.
 */
export function allOf({ metrics, retained }: PeerState, now: number): Metric[] {
  return [
    ...metrics,
    ...retained.filter(({ until }) => until > now).flatMap((each) => each.metrics),
  ]
}

/** Number of series in a state, with the retained series. */
export function seriesOf(state: PeerState): number {
  const groups = [state, ...state.retained]
  return groups.reduce(
    (sum, { metrics }) => metrics.reduce((total, { points }) => total + points.length, sum),
    0,
  )
}
