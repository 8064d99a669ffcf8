import type { FileResult } from './check-file.ts'

/** The share of the mutants that the tests of a file have to kill, without equivalent mutants. */
const leastKilled = 0.85

export const tableHead = `| file | mutants | killed | timed out | survived | equivalent | killed % |
|---|--:|--:|--:|--:|--:|--:|
`

export function row(result: FileResult): string {
  const { file, total, killed, timedOut, equivalent, survivors } = result
  const run = killed + timedOut + equivalent + survivors.length
  const mutants = run === total ? total : `${run} of ${total}`
  const percent = Math.floor(100 * shareKilled(result))
  const counts = [mutants, killed, timedOut, survivors.length, equivalent, percent]
  return `| \`${file}\` | ${counts.join(' | ')} |\n`
}

export function isEnough(result: FileResult): boolean {
  return shareKilled(result) >= leastKilled
}

function shareKilled({ killed, timedOut, survivors }: FileResult): number {
  const dead = killed + timedOut
  return dead + survivors.length === 0 ? 1 : dead / (dead + survivors.length)
}

/** Each survivor as an entry for the list of equivalent mutants. */
export function survivorList({ file, survivors }: FileResult): string {
  return survivors
    .map(({ lineNumber, in: place, line, change }) => {
      const entry = JSON.stringify({ in: place, line, change, reason: '' })
      return `${file}:${lineNumber}\n  ${entry}\n`
    })
    .join('')
}

/**
 * Puts rows into the table of a document. Rows of other files stay, where `exists` accepts the
 * file.
 */
export function withRows(
  document: string,
  rows: ReadonlyMap<string, string>,
  exists: (file: string) => boolean,
): string {
  return document.replace(/(?<=<!-- mutants -->\n)[\s\S]*(?=<!-- \/mutants -->)/, (table) => {
    const all = new Map([...rowsOf(table)].filter(([file]) => exists(file)))
    for (const [file, text] of rows) all.set(file, text)
    const sorted = [...all.keys()].sort().map((file) => all.get(file))
    return tableHead + sorted.join('')
  })
}

function rowsOf(table: string): Map<string, string> {
  const rows = table.matchAll(/^\| `([^`]+)` \|.*\n/gm)
  return new Map([...rows].map(([text, file]) => [String(file), text]))
}
