/** The result of one suite. */
export interface SuiteResult {
  readonly name: string
  readonly version: string
  /** The version of the Node.js that ran the files. */
  readonly node: string
  readonly files: number
  /** Files that fail without the preload, too. */
  readonly failing: number
  /** Files with another result with the preload. */
  readonly differing: number
}

const head =
  '| suite | version | Node.js | files | fail without the preload, too | differ |\n' +
  '|---|---|---|--:|--:|--:|\n'
const place = /(?<=<!-- foreign -->\n)[\s\S]*(?=<!-- \/foreign -->)/

export function rowOf(result: SuiteResult): string {
  const { name, version, node, files, failing, differing } = result
  return `| ${[name, version, node, files, failing, differing].join(' | ')} |\n`
}

/** Puts the rows into the table of a document. Rows of other suites stay. */
export function withRows(document: string, results: readonly SuiteResult[]): string {
  const known = new Set(results.map(keyOf))
  return document.replace(place, (table) => {
    const kept = (table.match(/^\| .*\n/gm) ?? []).slice(1).filter((row) => !known.has(keyIn(row)))
    const rows = [...kept, ...results.map(rowOf)]
    return head + rows.toSorted((a, b) => a.localeCompare(b)).join('')
  })
}

/** Node's own suites have the name of Node.js and one row for each version. */
function keyOf({ name, version }: SuiteResult): string {
  return `${name} ${version}`
}

function keyIn(row: string): string {
  const [, name = '', version = ''] = row.split('|').map((cell) => cell.trim())
  return `${name} ${version}`
}
