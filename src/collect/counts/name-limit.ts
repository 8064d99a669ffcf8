import { other } from '../../model/endpoint.ts'

/**
 * Keeps the first `limit` distinct names. Beyond the limit, each owner adds up to `reserve` names:
 * the names of one owner take no room from the others. Every later name becomes `_OTHER`.
 */
export class NameLimit {
  readonly #names = new Set<string>()
  readonly #limit: number
  readonly #reserve: number
  /** Names beyond the limit by owner. Bounded by the number of owners. */
  readonly #reserved = new Map<object, number>()
  /** How often a name became `_OTHER` because of the limit. */
  overflowed = 0

  constructor(limit: number, reserve: number = 0) {
    this.#limit = limit
    this.#reserve = reserve
  }

  admit(name: string, owner: object): string {
    if (this.#names.has(name)) return name
    if (!this.#hasRoom(owner)) {
      this.overflowed += 1
      return other
    }
    this.#names.add(name)
    return name
  }

  #hasRoom(owner: object): boolean {
    if (this.#names.size < this.#limit) return true
    const reserved = this.#reserved.get(owner) ?? 0
    if (reserved >= this.#reserve) return false
    this.#reserved.set(owner, reserved + 1)
    return true
  }
}
