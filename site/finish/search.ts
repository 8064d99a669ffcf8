import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { NamedRow } from './html.ts'

/** A row of a page of the site. */
export interface FoundRow extends NamedRow {
  /** Path of the page in the site, such as `configuration/`. */
  readonly page: string
  /** Kind of the row, such as `Setting`. */
  readonly kind: string
}

interface Answer {
  readonly errors: readonly string[]
}

interface Index {
  readonly addDirectory: (options: { path: string }) => Promise<Answer & { page_count: number }>
  readonly addCustomRecord: (record: {
    url: string
    content: string
    language: string
    meta: Record<string, string>
  }) => Promise<Answer>
  readonly writeFiles: (options: { outputPath: string }) => Promise<Answer>
}

interface Pagefind {
  readonly createIndex: (options?: object) => Promise<Answer & { readonly index: Index }>
  readonly close: () => Promise<unknown>
}

/**
 * Writes the index of the search: every page, and every row as a page of its own. The generator's
 * index has no rows: a setting would be one word of a long page.
 */
export async function writeIndex(dist: string, rows: readonly FoundRow[]): Promise<number> {
  const outputPath = join(dist, 'pagefind')
  rmSync(outputPath, { recursive: true, force: true })
  const { createIndex, close } = await loadPagefind()
  const { index } = right(await createIndex({ includeCharacters: '_.-' }))
  const { page_count: pages } = right(await index.addDirectory({ path: dist }))
  for (const row of rows) right(await index.addCustomRecord(recordOf(row)))
  right(await index.writeFiles({ outputPath }))
  await close()
  return pages
}

/** Names weigh more than texts (ranking.json), so that the row of a name comes first. */
function recordOf({ page, kind, names, otherNames, texts }: FoundRow) {
  const all = [...names, ...otherNames]
  return {
    url: `/${page}#${names[0]}`,
    content: [...texts.slice(-1), ...texts.slice(0, -1), ...names].join('. '),
    language: 'en',
    meta: { title: `${kind}: ${names.join(', ')}`, name: all.flatMap(endsOf).join(' ') },
  }
}

/** A name and its ends: a person types `open_fds`, and the search looks for beginnings only. */
function endsOf(name: string): string[] {
  const words = name.split(/(?<=[_.])/)
  return words
    .slice(0, -1)
    .map((_, index) => words.slice(index).join(''))
    .concat(words.slice(-1))
}

/** The package is installed in the folder of the site only, so that it has no types here. */
async function loadPagefind(): Promise<Pagefind> {
  const name = 'pagefind'
  return (await import(name)) as Pagefind
}

function right<A extends Answer>(answer: A): A {
  if (answer.errors.length > 0) throw new Error(`Pagefind: ${answer.errors.join('; ')}`)
  return answer
}
