import { stateLimits } from '../../limits/state.ts'
import type { ClusterEvent } from '../../model/cluster-event.ts'

type Ended = Extract<ClusterEvent, { kind: 'ended' }>

/**
 * Ends of workers whose files cannot be read now, for example without a free descriptor. Totals
 * take the counts of a worker only before the worker counts as ended.
 */
export class UnreadEnds {
  readonly #now: () => number
  readonly #ends = new Map<number, { readonly ended: Ended; readonly since: number }>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** @returns false where the end cannot wait. */
  add(ended: Ended): boolean {
    const { forkNumber } = ended
    const since = this.#ends.get(forkNumber)?.since ?? this.#now()
    const isLate = this.#now() - since > stateLimits.unreadEndMs
    if (isLate || this.#isFullFor(forkNumber)) return false
    this.#ends.set(forkNumber, { ended, since })
    return true
  }

  delete(forkNumber: number): void {
    this.#ends.delete(forkNumber)
  }

  /** The ends that wait, oldest first. */
  all(): Ended[] {
    return Array.from(this.#ends.values(), ({ ended }) => ended)
  }

  #isFullFor(forkNumber: number): boolean {
    return this.#ends.size >= stateLimits.unreadEnds && !this.#ends.has(forkNumber)
  }
}
