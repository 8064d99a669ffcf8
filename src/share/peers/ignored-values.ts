import { shareLimits } from '../../limits/share.ts'
import type { RejectReason } from './peer-state.ts'

/**
 * Rejected values, and states past the time to live. Unchanged values are not read again. A
 * rejected value counts once.
 */
export class IgnoredValues {
  /** The last ignored value by incarnation; bounded by shareLimits.peers. */
  readonly #values = new Map<string, Buffer>()
  readonly #rejects = new Map<string, number>()

  /** Number of rejected values by reason. */
  get rejects(): ReadonlyMap<string, number> {
    return this.#rejects
  }

  has(incarnation: string, bytes: Buffer): boolean {
    return this.#values.get(incarnation)?.equals(bytes) ?? false
  }

  reject(incarnation: string, bytes: Buffer, reason: RejectReason | 'limit'): void {
    this.#rejects.set(reason, (this.#rejects.get(reason) ?? 0) + 1)
    this.add(incarnation, bytes)
  }

  add(incarnation: string, bytes: Buffer): void {
    if (this.#values.size < shareLimits.peers) this.#values.set(incarnation, bytes)
  }

  delete(incarnation: string): void {
    this.#values.delete(incarnation)
  }

  /** Forgets the values of all other incarnations. */
  retain(incarnations: ReadonlySet<string>): void {
    for (const incarnation of this.#values.keys()) {
      if (!incarnations.has(incarnation)) this.#values.delete(incarnation)
    }
  }
}
