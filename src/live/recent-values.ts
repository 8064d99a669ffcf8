/** Values that requests of the same moment share, by key. The oldest value makes room. */
export class RecentValues<Value> {
  readonly #maxAgeMs: number
  readonly #capacity: number
  readonly #values = new Map<string, { readonly at: number; readonly value: Value }>()

  constructor(maxAgeMs: number, capacity: number) {
    this.#maxAgeMs = maxAgeMs
    this.#capacity = capacity
  }

  /** @param now milliseconds of the monotonic clock. @param make called without a recent value. */
  get(key: string, now: number, make: () => Value): Value {
    const known = this.#values.get(key)
    if (known && now - known.at <= this.#maxAgeMs) return known.value
    const value = make()
    this.#values.delete(key)
    this.#values.set(key, { at: now, value })
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#capacity) break
      this.#values.delete(oldest)
    }
    return value
  }

  /** Frees the memory of values that are too old. */
  expire(now: number): void {
    for (const [key, { at }] of this.#values) {
      if (now - at > this.#maxAgeMs) this.#values.delete(key)
    }
  }
}
