import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Mutant } from './mutant.ts'

/** A mutant that no test can tell from the original. */
interface Equivalent {
  readonly in: string
  readonly line: string
  readonly change: string
  readonly reason: string
}

const listFile = 'test/mutants/equivalent.json'

/** The list of equivalent mutants. Entries name a mutant by text, not by line number. */
export class EquivalentMutants {
  readonly #byFile: ReadonlyMap<string, readonly Equivalent[]>

  constructor(root: string) {
    const parsed: unknown = JSON.parse(textOf(join(root, listFile)))
    this.#byFile = new Map(Object.entries(parsed as Record<string, readonly Equivalent[]>))
  }

  has(mutant: Mutant): boolean {
    return this.#of(mutant.file).some((entry) => describes(entry, mutant))
  }

  /** What is wrong with a file's entries: each has to name a mutant and give a reason. */
  faults(file: string, mutants: readonly Mutant[]): string[] {
    return this.#of(file).flatMap((entry) => {
      const { in: place, line, change, reason } = entry
      const name = `${listFile}: ${file}: "${change}" of "${line}" in "${place}"`
      if (!reason?.trim()) return [`${name} has no reason`]
      if (!mutants.some((mutant) => describes(entry, mutant))) return [`${name} names no mutant`]
      return []
    })
  }

  #of(file: string): readonly Equivalent[] {
    return this.#byFile.get(file) ?? []
  }
}

function describes(entry: Equivalent, mutant: Mutant): boolean {
  return entry.in === mutant.in && entry.line === mutant.line && entry.change === mutant.change
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '{}'
  }
}
