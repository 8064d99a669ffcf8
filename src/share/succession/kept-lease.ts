import { type CommandStep, expiry, isDone } from '../redis/command-step.ts'
import { encodeLease, type Lease } from './lease.ts'

/**
 * Renews the lease of a service slot while the process writes. Writes the lease again when Redis
 * has lost it.
 */
export class KeptLease {
  readonly #key: string
  readonly #ttlMs: number | undefined
  #state: 'kept' | 'missing' | 'taken' = 'kept'

  constructor(key: string, ttlMs: number | undefined) {
    this.#key = key
    this.#ttlMs = ttlMs
  }

  /**
   * Whether another process took the slot after Redis had lost the lease. This process needs
   * another slot.
   */
  get isTaken(): boolean {
    return this.#state === 'taken'
  }

  /** Without a plain SET: another process may have judged this process gone and taken the lease. */
  steps(lease: Lease): CommandStep[] {
    const [key, ttlMs] = [this.#key, this.#ttlMs]
    if (this.#state === 'missing') {
      const take = (value: unknown): void => {
        this.#state = isDone(value) ? 'kept' : 'taken'
      }
      return [{ command: ['SET', key, encodeLease(lease), 'NX', ...expiry(ttlMs)], take }]
    }
    const take = (count: unknown): void => {
      if (count === 0) this.#state = 'missing'
    }
    return [{ command: ttlMs === undefined ? ['EXISTS', key] : ['PEXPIRE', key, ttlMs], take }]
  }
}
