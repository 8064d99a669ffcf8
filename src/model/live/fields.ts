import { liveReadLimits } from '../../limits/tools/live.ts'
import { isRecord } from '../../support/guards.ts'

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
    return typeof value === 'string' ? value.slice(0, liveReadLimits.textChars) : null
  }

  /** The texts of a list. */
  textList(name: string, most: number): string[] {
    return this.#items(name, most).flatMap((item) =>
      typeof item === 'string' ? item.slice(0, liveReadLimits.textChars) : [],
    )
  }

  /** Undefined for a missing number. */
  number(name: string): number | undefined {
    return this.figure(name) ?? undefined
  }

  figure(name: string): number | null {
    return figureOf(this.#get(name))
  }

  figures<Name extends string>(names: readonly Name[]): Record<Name, number | null> {
    return this.#each(names, (name) => this.figure(name))
  }

  /** Numbers that are 0 where they are missing. */
  counts<Name extends string>(names: readonly Name[]): Record<Name, number> {
    return this.#each(names, (name) => this.figure(name) ?? 0)
  }

  texts<Name extends string>(names: readonly Name[]): Record<Name, string> {
    return this.#each(names, (name) => this.text(name))
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

  /** A record whose fields nobody knows. */
  unknowns(name: string): Readonly<Record<string, unknown>> | null {
    const value = this.#get(name)
    return isRecord(value) ? value : null
  }

  /** The records of a list. */
  list(name: string, most: number): Fields[] {
    return this.#items(name, most)
      .filter(isRecord)
      .map((item) => new Fields(item))
  }

  /** The last numbers of lists. */
  columns<Name extends string>(names: readonly Name[]): Record<Name, (number | null)[]> {
    return this.#each(names, (name) => {
      const value = this.#get(name)
      return Array.isArray(value) ? value.slice(-liveReadLimits.samples).map(figureOf) : []
    })
  }

  /** The fields that are numbers. */
  numbers(most: number): Record<string, number> {
    const numbers = Object.entries(this.#fields).filter(([, value]) => figureOf(value) !== null)
    return Object.fromEntries(numbers.slice(0, most)) as Record<string, number>
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

  #items(name: string, most: number): readonly unknown[] {
    const value = this.#get(name)
    return Array.isArray(value) ? value.slice(0, most) : []
  }

  #each<Name extends string, Value>(
    names: readonly Name[],
    read: (name: Name) => Value,
  ): Record<Name, Value> {
    return Object.fromEntries(names.map((name) => [name, read(name)])) as Record<Name, Value>
  }
}

function figureOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}
