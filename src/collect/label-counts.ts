import type { Attributes, Point } from '../model/metric.ts'

interface Entry {
  readonly attributes: Attributes
  value: number
}

/** Counts by label set, bounded: past `limit` label sets, new ones are counted under their `folded` one. */
export class LabelCounts {
  readonly #entries = new Map<string, Entry>()
  readonly #limit: number
  /** Label sets that were folded because the limit was reached. */
  overflowed = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** @param fold gives the label set used once the limit is reached; it must take few values. */
  add(attributes: Attributes, fold: (attributes: Attributes) => Attributes): void {
    const entry = this.#entry(attributes) ?? this.#overflow(fold(attributes))
    entry.value += 1
  }

  points(): Point[] {
    return Array.from(this.#entries.values(), ({ attributes, value }) => ({ attributes, value }))
  }

  #entry(attributes: Attributes): Entry | undefined {
    const key = JSON.stringify(attributes)
    const known = this.#entries.get(key)
    if (known || this.#entries.size >= this.#limit) return known
    return this.#create(key, attributes)
  }

  #overflow(attributes: Attributes): Entry {
    this.overflowed += 1
    const key = JSON.stringify(attributes)
    return this.#entries.get(key) ?? this.#create(key, attributes)
  }

  #create(key: string, attributes: Attributes): Entry {
    const entry = { attributes, value: 0 }
    this.#entries.set(key, entry)
    return entry
  }
}
