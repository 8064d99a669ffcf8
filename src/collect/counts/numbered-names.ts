import { other } from '../../model/endpoint.ts'
import type { NameLimit } from './name-limit.ts'

/** The number of `_OTHER`. 0 is the number of no name. */
export const otherNumber = 1

/** Gives each name within a `NameLimit` a number from 2 on. */
export class NumberedNames {
  readonly #numbers = new Map([[other, otherNumber]])
  readonly #names: string[] = ['', other]
  readonly #limit: NameLimit

  constructor(limit: NameLimit) {
    this.#limit = limit
  }

  numberOf(name: string, owner: object): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    if (this.#limit.admit(name, owner) === other) return otherNumber
    this.#numbers.set(name, this.#names.length)
    return this.#names.push(name) - 1
  }

  nameOf(number: number): string {
    return this.#names[number] ?? other
  }
}
