import type { Attributes, Point } from '../../model/metric.ts'

/** A label set and how often it was counted; it goes on counting. */
export interface LabelCount {
  readonly attributes: Attributes
  value: number
}

/** Counts by label set, bounded: past `limit` label sets, new ones are counted under their `folded` one. */
export class LabelCounts {
  readonly #entries = new Map<string, LabelCount>()
  readonly #limit: number
  /** Over all label sets. */
  total = 0
  /** Label sets that were folded because the limit was reached. */
  overflowed = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** @param fold gives the label set used once the limit is reached; it must take few values. */
  add(attributes: Attributes, fold: (attributes: Attributes) => Attributes): void {
    const entry = this.#entry(attributes) ?? this.#overflow(fold(attributes))
    entry.value += 1
    this.total += 1
  }

  /** In order of their first count. */
  entries(): Iterable<LabelCount> {
    return this.#entries.values()
  }

  points(): Point[] {
    return Array.from(this.#entries.values(), ({ attributes, value }) => ({ attributes, value }))
  }

  #entry(attributes: Attributes): LabelCount | undefined {
    const key = JSON.stringify(attributes)
    const known = this.#entries.get(key)
    if (known || this.#entries.size >= this.#limit) return known
    return this.#create(key, attributes)
  }

  #overflow(attributes: Attributes): LabelCount {
    this.overflowed += 1
    const key = JSON.stringify(attributes)
    return this.#entries.get(key) ?? this.#create(key, attributes)
  }

  #create(key: string, attributes: Attributes): LabelCount {
    const entry = { attributes, value: 0 }
    this.#entries.set(key, entry)
    return entry
  }
}
