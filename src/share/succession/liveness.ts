import { shareLimits } from '../../limits/share.ts'
import { type Clock, nodeClock } from '../../support/clock.ts'
import {
  isAlive as isProcessAlive,
  type ProcessIdentity,
} from '../../support/process/process-identity.ts'
import { silenceMs } from '../peers/known-peer.ts'
import { parsePeerState } from '../peers/peer-state.ts'
import type { Lease } from './lease.ts'

/** Whether the process of a lease still runs. `unknown`: watch the state in Redis for longer. */
export type Liveness = 'gone' | 'unknown' | 'present'

/** A lease with related values in Redis. */
export interface ObservedLease {
  readonly lease: Lease
  /** The last state of the process; empty where Redis has none. */
  readonly bytes: Buffer
  /** The incarnation that continues the process; empty where none does. */
  readonly successor: string
}

export interface LivenessOptions {
  /** The process that asks. */
  readonly process: ProcessIdentity
  /** Default: looks the pid up. Undefined for a process outside the pid namespace. */
  readonly isAlive?: (process: ProcessIdentity) => boolean | undefined
  /** Default: the clock of Node. */
  readonly clock?: Pick<Clock, 'now'>
}

/**
 * Finds out whether processes are gone: by their pids, or else by changes of the states in Redis.
 */
export class LivenessCheck {
  readonly #process: ProcessIdentity
  readonly #isAlive: (process: ProcessIdentity) => boolean | undefined
  readonly #clock: Pick<Clock, 'now'>
  /** First state and time of each watched process; bounded by shareLimits.leases. */
  readonly #watched = new Map<string, { readonly bytes: Buffer; readonly since: number }>()

  constructor({ process, clock = nodeClock, isAlive = isProcessAlive }: LivenessOptions) {
    this.#process = process
    this.#clock = clock
    this.#isAlive = isAlive
  }

  of({ lease, bytes, successor }: ObservedLease): Liveness {
    if (successor !== '') return 'present'
    // An earlier exporter thread of this process wrote the lease, and has crashed.
    if (isSameProcess(lease, this.#process)) return 'gone'
    const alive = this.#isAlive(lease)
    if (alive !== undefined) return alive ? 'present' : 'gone'
    return this.#watch(lease.incarnation, bytes)
  }

  /**
   * The process runs on another host or in another pid namespace: it counts as alive while its
   * state changes.
   */
  #watch(incarnation: string, bytes: Buffer): Liveness {
    const parsed = parsePeerState(bytes)
    const state = typeof parsed === 'object' ? parsed : undefined
    if (state?.hasEnded) return 'gone'
    const now = this.#clock.now()
    const watched = this.#watched.get(incarnation) ?? { bytes, since: now }
    this.#watched.set(incarnation, watched)
    if (!watched.bytes.equals(bytes)) return 'present'
    const limitMs = state ? silenceMs(state) : shareLimits.silenceMs
    return now - watched.since > limitMs ? 'gone' : 'unknown'
  }
}

/** Whether two identities name one process. */
export function isSameProcess(one: ProcessIdentity, other: ProcessIdentity): boolean {
  const { pid, startTicks, pidNamespace } = one
  return (
    pid === other.pid &&
    startTicks === other.startTicks &&
    pidNamespace === other.pidNamespace &&
    pidNamespace !== ''
  )
}
