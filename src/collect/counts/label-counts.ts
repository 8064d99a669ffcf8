import type { Attributes, Point } from '../../model/metric.ts'
import { Reserve } from './reserve.ts'

/** A label set and its live count. */
export interface LabelCount {
  readonly attributes: Attributes
  value: number
}

/** Returns a label set that several label sets share. */
export type Fold = (attributes: Attributes) => Attributes

/**
 * Counts by label set. Beyond `limit` label sets, each endpoint adds up to `reserve` label sets. So
 * no endpoint takes all room from the others. A further label set counts under the first fold.
 * Beyond twice the limit, a new label set counts under the second fold of the first fold.
 */
export class LabelCounts {
  readonly #entries = new Map<string, LabelCount>()
  readonly #limit: number
  /** By endpoint. */
  readonly #reserve: Reserve<unknown>
  #reservedSets = 0
  /** Sum over all label sets. */
  total = 0
  /** Counts under a folded label set because of the limit. */
  overflowed = 0

  constructor(limit: number, reserve: number = 0) {
    this.#limit = limit
    this.#reserve = new Reserve(reserve)
  }

  /** @param folds the second fold must return few distinct label sets. */
  add(attributes: Attributes, folds: readonly [Fold, Fold]): void {
    const entry =
      this.#entry(attributes, this.#limit) ??
      this.#reservedEntry(attributes) ??
      this.#overflow(attributes, folds)
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

  #entry(attributes: Attributes, limit: number): LabelCount | undefined {
    const key = JSON.stringify(attributes)
    const known = this.#entries.get(key)
    if (known || this.#entries.size >= limit) return known
    return this.#create(key, attributes)
  }

  #reservedEntry(attributes: Attributes): LabelCount | undefined {
    if (!this.#reserve.take(attributes['endpoint'])) return undefined
    this.#reservedSets += 1
    return this.#create(JSON.stringify(attributes), attributes)
  }

  #overflow(attributes: Attributes, [fold, foldAgain]: readonly [Fold, Fold]): LabelCount {
    this.overflowed += 1
    const folded = fold(attributes)
    const entry = this.#entry(folded, 2 * this.#limit + this.#reservedSets)
    if (entry) return entry
    const last = foldAgain(folded)
    const key = JSON.stringify(last)
    return this.#entries.get(key) ?? this.#create(key, last)
  }

  #create(key: string, attributes: Attributes): LabelCount {
    const entry = { attributes, value: 0 }
    this.#entries.set(key, entry)
    return entry
  }
}
