import { limits } from '../../limits.ts'
import { isAlive, type Life } from '../../relay/life.ts'
import { silenceMs } from '../peers/known-peer.ts'
import { parseSource } from '../peers/peer-state.ts'
import type { Lease } from './lease.ts'

/** How the process of a lease does, for who would like its place. */
export type Standing = 'gone' | 'unknown' | 'present'

/** What was found of it. */
export interface Found {
  readonly lease: Lease
  /** What it wrote last; empty where nothing is left of it. */
  readonly bytes: Buffer
  /** The generation that continues it; empty where none does. */
  readonly heir: string
}

/** Finds out whether processes are gone: by their pids, or by what they write where these say nothing. */
export class Standings {
  readonly #life: Life
  /** Since when those that cannot be seen from here are silent; bounded by limits.leases. */
  readonly #watched = new Map<string, { readonly bytes: Buffer; readonly since: number }>()

  /** @param life of who asks. */
  constructor(life: Life) {
    this.#life = life
  }

  of({ lease, bytes, heir }: Found): Standing {
    if (heir !== '') return 'present'
    // Another thread of this very process, which has crashed.
    if (isSame(lease, this.#life)) return 'gone'
    const alive = isAlive(lease)
    if (alive !== undefined) return alive ? 'present' : 'gone'
    return this.#watch(lease.generation, bytes)
  }

  /** Of another machine, or behind another wall of this one: what lives writes. */
  #watch(generation: string, bytes: Buffer): Standing {
    const parsed = parseSource(bytes)
    const state = typeof parsed === 'object' ? parsed : undefined
    if (state?.hasEnded) return 'gone'
    const now = performance.now()
    const watched = this.#watched.get(generation) ?? { bytes, since: now }
    this.#watched.set(generation, watched)
    if (!watched.bytes.equals(bytes)) return 'present'
    const patience = state ? silenceMs(state) : limits.silenceMs
    return now - watched.since > patience ? 'gone' : 'unknown'
  }
}

/** Whether two are one process. */
export function isSame(one: Life, other: Life): boolean {
  const { pid, ticks, machine } = one
  return pid === other.pid && ticks === other.ticks && machine === other.machine && machine !== ''
}
