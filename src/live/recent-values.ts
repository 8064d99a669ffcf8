export interface RecentValuesOptions {
  /** Age up to which requests share a value, milliseconds. */
  readonly ageMs: number
  /** The same for a value that took long. Default: `ageMs`. */
  readonly longestAgeMs?: number
  /** Values in memory. */
  readonly capacity: number
  /** Milliseconds of the monotonic clock. */
  readonly now: () => number
}

interface Entry<Value> {
  readonly value: Value
  readonly endsAt: number
}

/**
 * Values that requests of the same moment share, by key. A value that took long to make stays
 * longer, so that values take a tenth of the time at most. The oldest value makes room.
 */
export class RecentValues<Value> {
  readonly #options: RecentValuesOptions
  readonly #entries = new Map<string, Entry<Value>>()

  constructor(options: RecentValuesOptions) {
    this.#options = options
  }

  /** @param make called without a recent value. */
  get(key: string, make: () => Value): Value {
    const { ageMs, longestAgeMs = ageMs, capacity, now } = this.#options
    const began = now()
    const known = this.#entries.get(key)
    if (known && began <= known.endsAt) return known.value
    const value = make()
    const ended = now()
    const lasts = Math.min(longestAgeMs, Math.max(ageMs, 9 * (ended - began)))
    this.#entries.delete(key)
    this.#entries.set(key, { value, endsAt: ended + lasts })
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= capacity) break
      this.#entries.delete(oldest)
    }
    return value
  }

  /** Frees the memory of values that are too old. */
  expire(): void {
    const now = this.#options.now()
    for (const [key, { endsAt }] of this.#entries) if (now > endsAt) this.#entries.delete(key)
  }
}
