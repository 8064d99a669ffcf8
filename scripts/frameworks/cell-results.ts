import type { EventData } from 'node:test'
import { frameworkOf, versionAndForm } from '../../test/support/frameworks/cell-titles.ts'
import type { CellResult, Outcome } from './table.ts'

type Ended = EventData.TestPass | EventData.TestFail

/** Collects the results of one test file from the events of the test runner, innermost first. */
export class CellResults {
  #outcomes = new Map<string, Outcome>()
  #cells: Omit<CellResult, 'framework'>[] = []

  /** @returns the results of a framework when its suite has ended. */
  add({ name, nesting, skip }: Ended, hasPassed: boolean): readonly CellResult[] {
    if (nesting === 2) this.#outcomes.set(name, hasPassed ? 'yes' : 'no')
    if (nesting === 1) this.#addCell(name, skip !== undefined)
    const framework = nesting === 0 ? frameworkOf(name) : undefined
    if (framework === undefined) return []
    const cells = this.#cells
    this.#cells = []
    return cells.map((cell) => ({ ...cell, framework }))
  }

  #addCell(title: string, isSkipped: boolean): void {
    const outcomes = this.#outcomes
    this.#outcomes = new Map()
    const cell = versionAndForm(title)
    if (cell !== undefined) this.#cells.push({ ...cell, outcomes, isSkipped })
  }
}
