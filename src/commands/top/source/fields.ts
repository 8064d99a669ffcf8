import { topLimits } from '../../../limits/tools/top.ts'
import { isRecord } from '../../../support/guards.ts'

/** The fields of a foreign document. A missing or wrong field reads as nothing. */
export class Fields {
  readonly #fields: Readonly<Record<string, unknown>>

  constructor(value: unknown) {
    this.#fields = isRecord(value) ? value : {}
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined
  }

  text(name: string): string {
    return this.textOrNull(name) ?? ''
  }

  textOrNull(name: string): string | null {
    const value = this.#get(name)
    return typeof value === 'string' ? value.slice(0, topLimits.textChars) : null
  }

  /** Undefined for a missing number. */
  number(name: string): number | undefined {
    return this.figure(name) ?? undefined
  }

  figure(name: string): number | null {
    return figureOf(this.#get(name))
  }

  flag(name: string): boolean {
    return this.#get(name) === true
  }

  record(name: string): Fields {
    return new Fields(this.#get(name))
  }

  recordOrNull(name: string): Fields | null {
    const value = this.#get(name)
    return isRecord(value) ? new Fields(value) : null
  }

  /** The records of a list. */
  list(name: string, most: number): Fields[] {
    const value = this.#get(name)
    const items: readonly unknown[] = Array.isArray(value) ? value.slice(0, most) : []
    return items.filter(isRecord).map((item) => new Fields(item))
  }

  /** The last numbers of a list. */
  column(name: string, most: number): (number | null)[] {
    const value = this.#get(name)
    return Array.isArray(value) ? value.slice(-most).map(figureOf) : []
  }

  /** The fields that are records. */
  entries(most: number): [name: string, fields: Fields][] {
    return Object.entries(this.#fields)
      .filter(([, value]) => isRecord(value))
      .slice(0, most)
      .map(([name, value]) => [name, new Fields(value)])
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined
  }
}

function figureOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}
