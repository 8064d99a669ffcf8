import { shareLimits } from '../../limits/share.ts'
import { catalog } from '../../model/catalog/catalog.ts'
import { isMonotonic, type Metric } from '../../model/metric.ts'
import { ownScope } from '../../model/own-scope.ts'
import type { InstanceLabels } from './instance-labels.ts'
import type { PeerSize } from './peer-size.ts'
import type { PeerState } from './peer-state.ts'

/** When a state was found unchanged first and last, without a long pause between two looks. */
export interface Unchanged {
  readonly since: number
  readonly until: number
}

/** The last write of a peer, of which this process may not have read the state. */
interface HeardWrite {
  readonly version: string
  /** When the write was found. */
  readonly at: number
  /** Longest pause between two looks without an outage. */
  readonly pauseMs: number
}

/** The last state of a peer, as read. */
export interface KnownPeer {
  readonly bytes: Buffer
  readonly state: PeerState
  readonly labels: InstanceLabels
  readonly size: PeerSize
  /** When a new state was read last. Milliseconds of the monotonic clock, as `now` below. */
  readonly receivedAt: number
  unchanged: Unchanged | undefined
  heard: HeardWrite | undefined
  labelled: Metric[] | undefined
}

/** Whether the peer still writes. */
export function isLive(known: KnownPeer, now: number): boolean {
  const { state, heard } = known
  const limitMs = Math.max(silenceMs(state), 2 * (heard?.pauseMs ?? 0))
  return !state.hasEnded && now - lastSignAt(known) <= limitMs
}

/** When this process last found a new write of the peer. */
export function lastSignAt({ receivedAt, heard }: KnownPeer): number {
  return Math.max(receivedAt, heard?.at ?? receivedAt)
}

/** Notes that the state was read again, and is still the same. */
export function noteUnchanged(known: KnownPeer, now: number): void {
  const { unchanged, state } = known
  // After an outage of Redis, a live peer needs an interval for the next write.
  const isContinued = unchanged && now - unchanged.until <= silenceMs(state)
  setUnchanged(known, { since: isContinued ? unchanged.since : now, until: now })
}

/** Notes for how long the state is the same. Undefined: the peer has written a newer state. */
export function setUnchanged(known: KnownPeer, unchanged: Unchanged | undefined): void {
  const wasGone = isGone(known)
  known.unchanged = unchanged
  if (isGone(known) !== wasGone) known.labelled = undefined
}

/**
 * Whether the processes of the peer have ended. The peer wrote a final state, or the reader found
 * the same state for longer than `silenceMs`. A reader without contact keeps the last answer.
 */
function isGone({ state, unchanged }: KnownPeer): boolean {
  if (state.hasEnded) return true
  return unchanged !== undefined && unchanged.until - unchanged.since > silenceMs(state)
}

/** A peer that writes nothing for longer is stale, milliseconds. */
export function silenceMs({ intervalMs }: Pick<PeerState, 'intervalMs'>): number {
  return Math.max(shareLimits.silenceMs, 3 * intervalMs)
}

/**
 * Age of a new peer's state, milliseconds. By the clocks of both hosts, because this process has
 * not seen the write. A peer whose clock is behind gets time for another write.
 */
export function firstAgeMs(state: PeerState, ttlMs: number | undefined): number {
  const most = (ttlMs ?? 0) - silenceMs(state)
  return Math.max(0, Math.min(Date.now() - state.writtenAt, most))
}

/** Whether the first process started before the second. */
export function isEarlier(one: ProcessStart, other: ProcessStart): boolean {
  if (one.startedAt !== other.startedAt) return one.startedAt < other.startedAt
  return one.incarnation < other.incarnation
}

type ProcessStart = Pick<PeerState, 'startedAt' | 'incarnation'>

/**
 * All metrics of a peer, with the retained series. Gauges end with the processes of the peer:
 * counters, histograms and the memory at the end of a worker stay.
 * @param now milliseconds of the monotonic clock.
 */
export function allOf(known: KnownPeer, now: number): Metric[] {
  const { metrics, retained, writtenAt } = known.state
  // Both times of the difference are of the peer's clock, which may differ from the clock here.
  const sinceWritten = now - known.receivedAt
  return [
    ...(isGone(known) ? metrics.filter(outlivesProcess) : metrics),
    ...retained
      .filter(({ until }) => until - writtenAt > sinceWritten)
      .flatMap((each) => each.metrics),
  ]
}

function outlivesProcess({ descriptor: { kind, scope, name } }: Metric): boolean {
  return isMonotonic(kind) || (scope === ownScope && name === catalog.exitMemory.name)
}
