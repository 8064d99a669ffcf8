import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCodes, withOptions } from './entries.ts'
import { finishPage, type NamedRow } from './html.ts'
import { type Entry, writeIndex } from './search.ts'

/** Tables whose rows the search finds: page, head of the first column, kind of the rows. */
const searched = [
  ['configuration/', 'environment', 'Setting'],
  ['metrics/', 'metric', 'Metric'],
  ['doctor/', 'finding', 'Finding of doctor'],
] as const

/** Completes the pages that the generator wrote, and writes the index of the search. */
export async function finish(dist: string): Promise<void> {
  const entries: Entry[] = []
  for (const file of globSync('**/*.html', { cwd: dist })) {
    const page = file.replace(/index\.html$/, '')
    const { html, found } = finished(page, readFileSync(join(dist, file), 'utf8'))
    writeFileSync(join(dist, file), html)
    entries.push(...found.map((entry) => ({ ...entry, page })))
  }
  const pages = await writeIndex(dist, entries)
  process.stdout.write(`${pages} pages, and ${entries.length} entries for the search.\n`)
}

function finished(page: string, source: string) {
  const { html, rows } = finishPage(source)
  if (page === 'errors/') return { html, found: errorCodes(html) }
  if (page === 'cli/') return withOptions(html)
  return { html, found: rows.flatMap((row) => entryOf(page, row)) }
}

/** The entry of a row of a searched table. */
function entryOf(page: string, { column, ...row }: NamedRow): Omit<Entry, 'page'>[] {
  const [, , kind] = searched.find(([place, head]) => place === page && head === column) ?? []
  if (kind === undefined) return []
  const otherNames = [...row.otherNames, ...(kind === 'Metric' ? samplesOf(row) : [])]
  return [{ ...row, otherNames, kind, anchor: row.names[0] ?? '' }]
}

/** Names that only the page of metrics has, and that a person copies from a query. */
function samplesOf({ names, texts: [type] }: Pick<NamedRow, 'names' | 'texts'>): string[] {
  if (type !== 'histogram') return []
  return ['bucket', 'count', 'sum'].flatMap((part) => names.map((name) => `${name}_${part}`))
}
