import { type CommandStep, expiry, isDone } from '../redis/command-step.ts'
import { encodeLease, type Lease } from './lease.ts'

/** The lease of a place, kept in Redis for as long as its process writes; after a flush there is none, and it is made again. */
export class KeptLease {
  readonly #key: string
  readonly #ttlMs: number | undefined
  #state: 'kept' | 'missing' | 'taken' = 'kept'

  constructor(key: string, ttlMs: number | undefined) {
    this.#key = key
    this.#ttlMs = ttlMs
  }

  /** Whoever was faster after a flush has the place: a successor of ours will find another. */
  get isTaken(): boolean {
    return this.#state === 'taken'
  }

  /** Never a plain SET: somebody might have taken this process for dead, and the lease with it. */
  steps(lease: Lease): CommandStep[] {
    const [key, ttlMs] = [this.#key, this.#ttlMs]
    if (this.#state === 'missing') {
      const take = (value: unknown): void => {
        this.#state = isDone(value) ? 'kept' : 'taken'
      }
      return [{ command: ['SET', key, encodeLease(lease), 'NX', ...expiry(ttlMs)], take }]
    }
    const take = (isThere: unknown): void => {
      if (isThere === 0) this.#state = 'missing'
    }
    return [{ command: ttlMs === undefined ? ['EXISTS', key] : ['PEXPIRE', key, ttlMs], take }]
  }
}
