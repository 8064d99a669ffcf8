/**
 * Items by number, in the order of their addition. Sources number from 0 without gaps, and then
 * the number is the place. A map exists for other numbers only.
 */
export class NumberedList<T> {
  #items: (T | undefined)[] = []
  #places: Map<number, number> | undefined
  #changes = 0

  get size(): number {
    return this.#items.length
  }

  /** Grows with each change of the items. */
  get changes(): number {
    return this.#changes
  }

  /** Items without a number included. */
  get items(): readonly (T | undefined)[] {
    return this.#items
  }

  has(number: number): boolean {
    return this.#placeOf(number) !== undefined
  }

  get(number: number): T | undefined {
    if (!this.#places) return this.#items[number]
    const place = this.#places.get(number)
    return place === undefined ? undefined : this.#items[place]
  }

  /** @param item undefined: the number is taken, without an item. */
  set(number: number, item: T | undefined): void {
    const known = this.#placeOf(number)
    const place = known ?? this.#items.length
    if (known === undefined && number !== place) this.#count().set(number, place)
    else this.#places?.set(number, place)
    this.#items[place] = item
    this.#changes += 1
  }

  /** Adds an item without a number. */
  add(item: T): void {
    this.#count()
    this.#items.push(item)
    this.#changes += 1
  }

  /** Keeps some items, without their numbers. */
  keep(items: readonly T[]): void {
    this.#items = [...items]
    this.#places = new Map()
    this.#changes += 1
  }

  #placeOf(number: number): number | undefined {
    if (this.#places) return this.#places.get(number)
    return number < this.#items.length ? number : undefined
  }

  #count(): Map<number, number> {
    this.#places ??= new Map(this.#items.map((_, place) => [place, place]))
    return this.#places
  }
}
