import { other } from '../../model/endpoint.ts'

/** Keeps the first `limit` distinct names. Every later name becomes `_OTHER`. */
export class NameLimit {
  readonly #names = new Set<string>()
  readonly #limit: number
  /** How often a name became `_OTHER` because of the limit. */
  overflowed = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  admit(name: string): string {
    if (this.#names.has(name)) return name
    if (this.#names.size >= this.#limit) {
      this.overflowed += 1
      return other
    }
    this.#names.add(name)
    return name
  }
}
