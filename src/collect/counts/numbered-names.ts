import { other } from '../../model/endpoint.ts'

/** The number of `_OTHER`. 0 is the number of no name. */
export const otherNumber = 1

/**
 * Gives the first `limit` distinct names the numbers from 2 on. Every later name has the number of
 * `_OTHER`.
 */
export class NumberedNames {
  readonly #numbers = new Map([[other, otherNumber]])
  readonly #names: string[] = ['', other]
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  numberOf(name: string): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    if (this.#numbers.size > this.#limit) return otherNumber
    this.#numbers.set(name, this.#names.length)
    return this.#names.push(name) - 1
  }

  nameOf(number: number): string {
    return this.#names[number] ?? other
  }
}
