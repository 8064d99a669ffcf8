import { other } from '../model/endpoint.ts'

/** Lets the first `limit` distinct names through; every later one becomes `_OTHER`. */
export class NameLimit {
  readonly #names = new Set<string>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  admit(name: string): string {
    if (this.#names.has(name)) return name
    if (this.#names.size >= this.#limit) return other
    this.#names.add(name)
    return name
  }
}
