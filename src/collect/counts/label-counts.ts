import type { Attributes, Point } from '../../model/metric.ts'
import { type CountPlaces, type CrashKey, moved } from './count-places.ts'
import { Reserve } from './reserve.ts'

/** A label set and its live count. */
export interface LabelCount {
  readonly attributes: Attributes
  /** The count, alone in its array. */
  numbers: Float64Array
  /** Whether the label set waits for the crash file. */
  isTouched: boolean
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
  readonly #key: CrashKey
  #places: CountPlaces | undefined
  /** Label sets with a count since the last `takeTouched`. */
  #touched: LabelCount[] = []
  #reservedSets = 0
  /** Counts under a folded label set because of the limit. */
  overflowed = 0

  constructor(key: CrashKey, limit: number, reserve: number = 0) {
    this.#key = key
    this.#limit = limit
    this.#reserve = new Reserve(reserve)
  }

  /** @param folds the second fold must return few distinct label sets. */
  add(attributes: Attributes, folds: readonly [Fold, Fold]): void {
    const entry =
      this.#entry(attributes, this.#limit) ??
      this.#reservedEntry(attributes) ??
      this.#overflow(attributes, folds)
    entry.numbers[0] = (entry.numbers[0] as number) + 1
    if (entry.isTouched) return
    entry.isTouched = true
    this.#touched.push(entry)
  }

  /** Moves the counts, and those of later label sets, to places that the primary can read. */
  moveTo(places: CountPlaces): void {
    this.#places = places
    for (const entry of this.#entries.values()) this.#place(entry)
  }

  /** Label sets with a count since the last call. */
  takeTouched(): readonly LabelCount[] {
    const touched = this.#touched
    if (touched.length === 0) return touched
    for (const entry of touched) entry.isTouched = false
    this.#touched = []
    return touched
  }

  /** In order of the first counts. */
  points(): Point[] {
    return Array.from(this.#entries.values(), ({ attributes, numbers: [value = 0] }) => ({
      attributes,
      value,
    }))
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
    const entry = { attributes, numbers: new Float64Array(1), isTouched: false }
    this.#place(entry)
    this.#entries.set(key, entry)
    return entry
  }

  #place(entry: LabelCount): void {
    const { attributes } = entry
    entry.numbers = moved(entry.numbers, { key: this.#key, attributes }, this.#places)
  }
}
