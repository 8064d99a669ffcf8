import { shareLimits } from '../../limits/share.ts'
import { isAlive, type ProcessIdentity } from '../../support/process-identity.ts'
import { silenceMs } from '../peers/known-peer.ts'
import { parsePeerState } from '../peers/peer-state.ts'
import type { Lease } from './lease.ts'

/** How the process of a lease does, for who would like its place. */
export type Liveness = 'gone' | 'unknown' | 'present'

/** What was found of it. */
export interface ObservedLease {
  readonly lease: Lease
  /** What it wrote last; empty where nothing is left of it. */
  readonly bytes: Buffer
  /** The incarnation that continues it; empty where none does. */
  readonly successor: string
}

/** Finds out whether processes are gone: by their pids, or by what they write where these say nothing. */
export class LivenessCheck {
  readonly #life: ProcessIdentity
  /** Since when those that cannot be seen from here are silent; bounded by shareLimits.leases. */
  readonly #watched = new Map<string, { readonly bytes: Buffer; readonly since: number }>()

  /** @param life of who asks. */
  constructor(life: ProcessIdentity) {
    this.#life = life
  }

  of({ lease, bytes, successor }: ObservedLease): Liveness {
    if (successor !== '') return 'present'
    // Another thread of this very process, which has crashed.
    if (isSameProcess(lease, this.#life)) return 'gone'
    const alive = isAlive(lease)
    if (alive !== undefined) return alive ? 'present' : 'gone'
    return this.#watch(lease.incarnation, bytes)
  }

  /** Of another machine, or behind another wall of this one: what lives writes. */
  #watch(incarnation: string, bytes: Buffer): Liveness {
    const parsed = parsePeerState(bytes)
    const state = typeof parsed === 'object' ? parsed : undefined
    if (state?.hasEnded) return 'gone'
    const now = performance.now()
    const watched = this.#watched.get(incarnation) ?? { bytes, since: now }
    this.#watched.set(incarnation, watched)
    if (!watched.bytes.equals(bytes)) return 'present'
    const patience = state ? silenceMs(state) : shareLimits.silenceMs
    return now - watched.since > patience ? 'gone' : 'unknown'
  }
}

/** Whether two are one process. */
export function isSameProcess(one: ProcessIdentity, other: ProcessIdentity): boolean {
  const { pid, startTicks, pidNamespace } = one
  return (
    pid === other.pid &&
    startTicks === other.startTicks &&
    pidNamespace === other.pidNamespace &&
    pidNamespace !== ''
  )
}
