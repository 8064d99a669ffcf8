import type { Attributes, Point } from '../../model/metric.ts'

/** A label set and its live count. */
export interface LabelCount {
  readonly attributes: Attributes
  value: number
}

/**
 * Counts by label set. Beyond `limit` label sets, a new label set counts under a folded label set.
 */
export class LabelCounts {
  readonly #entries = new Map<string, LabelCount>()
  readonly #limit: number
  /** Sum over all label sets. */
  total = 0
  /** Counts under a folded label set because of the limit. */
  overflowed = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /**
   * @param fold returns the label set to use beyond the limit. Must return few distinct label sets.
   */
  add(attributes: Attributes, fold: (attributes: Attributes) => Attributes): void {
    const entry = this.#entry(attributes) ?? this.#overflow(fold(attributes))
    entry.value += 1
    this.total += 1
  }

  /** Label sets in order of their first count. */
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
