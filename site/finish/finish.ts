import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { finishPage } from './html.ts'
import { type FoundRow, writeIndex } from './search.ts'

/** Tables whose rows the search finds: page, head of the first column, kind of the rows. */
const searched = [
  ['configuration/', 'environment', 'Setting'],
  ['metrics/', 'metric', 'Metric'],
  ['doctor/', 'finding', 'Finding of doctor'],
] as const

/** Completes the pages that the generator wrote, and writes the index of the search. */
export async function finish(dist: string): Promise<void> {
  const rows: FoundRow[] = []
  for (const file of globSync('**/*.html', { cwd: dist })) {
    const { html, rows: named } = finishPage(readFileSync(join(dist, file), 'utf8'))
    writeFileSync(join(dist, file), html)
    const page = file.replace(/index\.html$/, '')
    const tables = searched.filter(([place]) => place === page)
    for (const row of named) {
      const [, , kind] = tables.find(([, column]) => column === row.column) ?? []
      if (kind !== undefined) rows.push({ ...row, page, kind })
    }
  }
  const pages = await writeIndex(dist, rows)
  process.stdout.write(`${pages} pages, and ${rows.length} rows of tables for the search.\n`)
}
