import { other } from '../../model/endpoint.ts'
import { Reserve } from './reserve.ts'

/**
 * Keeps the first `limit` distinct names. Beyond the limit, each owner adds up to `reserve` names:
 * the names of one owner take no room from the others. Every later name becomes `_OTHER`.
 */
export class NameLimit {
  readonly #names = new Set<string>()
  readonly #limit: number
  readonly #reserve: Reserve<object>
  /** How often a name became `_OTHER` because of the limit. */
  overflowed = 0

  constructor(limit: number, reserve: number = 0) {
    this.#limit = limit
    this.#reserve = new Reserve(reserve)
  }

  admit(name: string, owner: object): string {
    if (this.#names.has(name)) return name
    if (this.#names.size >= this.#limit && !this.#reserve.take(owner)) {
      this.overflowed += 1
      return other
    }
    this.#names.add(name)
    return name
  }
}
