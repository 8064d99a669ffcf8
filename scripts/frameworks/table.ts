import { type Cell, columns } from '../../test/support/frameworks/cell-titles.ts'

export type Outcome = 'yes' | 'no' | 'skipped'

export interface CellResult extends Cell {
  /** By the title of the column's subtest. A cell that failed early has no outcome. */
  readonly outcomes: ReadonlyMap<string, Outcome>
  readonly isSkipped: boolean
}

const heads = [...['framework', 'version', 'form'], ...Object.keys(columns)]

export const tableHead: string = `| ${heads.join(' | ')} |\n|${'---|'.repeat(heads.length)}\n`

/** Rows of one framework. Forms of a version with equal results share a row. */
export function rowsOf(results: readonly CellResult[]): string {
  const forms = new Map<string, string[]>()
  const keys = results.map((result) => {
    const { framework, version, form } = result
    const key = JSON.stringify([framework, version, outcomesOf(result)])
    forms.set(key, [...(forms.get(key) ?? []), form])
    return key
  })
  const rows = [...new Set(keys)].map((key) => {
    const [framework, version, outcomes]: [string, string, Outcome[]] = JSON.parse(key)
    return `| ${[framework, version, forms.get(key)?.join(', '), ...outcomes].join(' | ')} |\n`
  })
  return rows.join('')
}

/** A skipped cell counts as passed: this Node cannot run the version. */
export function isGood(result: CellResult): boolean {
  return !outcomesOf(result).includes('no')
}

function outcomesOf({ outcomes, isSkipped }: CellResult): Outcome[] {
  const missing = isSkipped ? 'skipped' : 'no'
  return Object.values(columns).map((title) => outcomes.get(title) ?? missing)
}

/** Puts the rows of frameworks into the table of a document. Rows of other frameworks stay. */
export function withRows(document: string, results: readonly CellResult[]): string {
  const known = new Set(results.map(({ framework }) => `| ${framework}`))
  return document.replace(place, (table) => {
    const kept = (table.match(/^\| .*\n/gm) ?? []).filter((row) => !known.has(frameworkOf(row)))
    const rows = [...kept.slice(1), ...(rowsOf(results).match(/.*\n/g) ?? [])]
    // Rows of one framework stay in their order.
    const sorted = rows.toSorted((a, b) => frameworkOf(a).localeCompare(frameworkOf(b)))
    return tableHead + sorted.join('')
  })
}

const place = /(?<=<!-- frameworks -->\n)[\s\S]*(?=<!-- \/frameworks -->)/

function frameworkOf(row: string): string {
  return row.split(' | ')[0] ?? ''
}
