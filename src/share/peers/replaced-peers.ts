import { shareLimits } from '../../limits/share.ts'

/** Incarnations whose totals a successor continues. Their states are not read again. */
export class ReplacedPeers {
  /** When a successor was found, by incarnation; bounded by shareLimits.peers. */
  readonly #since = new Map<string, number>()

  get size(): number {
    return this.#since.size
  }

  has(incarnation: string): boolean {
    return this.#since.has(incarnation)
  }

  /** @param now milliseconds of a monotonic clock. */
  add(incarnation: string, now: number): void {
    const [oldest] = this.#since.keys()
    if (oldest !== undefined && this.#since.size >= shareLimits.peers) this.#since.delete(oldest)
    this.#since.set(incarnation, now)
  }

  /** Forgets the incarnations that were replaced longer ago than the time to live. */
  expire(now: number, ttlMs: number): void {
    for (const [incarnation, since] of this.#since) {
      if (now - since > ttlMs) this.#since.delete(incarnation)
    }
  }
}
