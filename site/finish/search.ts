import { rmSync } from 'node:fs'
import { join } from 'node:path'

/** An entry of a reference, which the search finds by its names. */
export interface Entry {
  /** Path of the page in the site, such as `configuration/`. */
  readonly page: string
  readonly anchor: string
  /** Kind of the entry, such as `Setting`. */
  readonly kind: string
  /** Names in the title of the result. */
  readonly names: readonly string[]
  readonly otherNames: readonly string[]
  readonly texts: readonly string[]
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
 * Writes the index of the search: every page, and every entry as a page of its own. The
 * generator's index has no entries: a setting would be one word of a long page.
 */
export async function writeIndex(dist: string, entries: readonly Entry[]): Promise<number> {
  const outputPath = join(dist, 'pagefind')
  rmSync(outputPath, { recursive: true, force: true })
  const { createIndex, close } = await loadPagefind()
  const { index } = right(await createIndex({ includeCharacters: '_.-' }))
  const { page_count: pages } = right(await index.addDirectory({ path: dist }))
  for (const entry of entries) right(await index.addCustomRecord(recordOf(entry)))
  right(await index.writeFiles({ outputPath }))
  await close()
  return pages
}

/** Names weigh more than texts (ranking.json), so that the row of a name comes first. */
function recordOf({ page, anchor, kind, names, otherNames, texts }: Entry) {
  const all = [...names, ...otherNames]
  return {
    url: `/${page}#${anchor}`,
    content: [...texts.slice(-1), ...texts.slice(0, -1), ...names].join('. '),
    language: 'en',
    meta: { title: `${kind}: ${names.join(', ')}`, name: all.flatMap(endsOf).join(' ') },
  }
}

/**
 * A name and its ends: a person types `open_fds`, and the search looks for beginnings only. The end
 * of an option is the option without hyphens at its beginning.
 */
function endsOf(name: string): string[] {
  if (name.startsWith('-')) return [name, name.replace(/^-+/, '')]
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
