/** Room beyond a limit: the same number of places for each owner. */
export class Reserve<Owner> {
  readonly #places: number
  /** Taken places by owner. Bounded by the number of owners. */
  readonly #taken = new Map<Owner, number>()

  constructor(places: number) {
    this.#places = places
  }

  /** Takes a place. @returns whether the owner had a free place. */
  take(owner: Owner): boolean {
    const taken = this.#taken.get(owner) ?? 0
    if (taken >= this.#places) return false
    this.#taken.set(owner, taken + 1)
    return true
  }
}
