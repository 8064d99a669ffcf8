import type { WrittenPage } from './api.ts'
import { addressOf, type Document } from './documents.ts'
import type { Parts } from './markdown.ts'
import { type Entry, entriesOf, type ListedPage } from './navigation.ts'

export interface SidebarOptions {
  readonly listed: readonly ListedPage[]
  readonly documents: readonly Document[]
  /** Pages of functions and types. */
  readonly written: readonly WrittenPage[]
  readonly titleOf: (path: string) => string
}

/** Folders whose documents are a group of their own, with the label of the group. */
const folders: Readonly<Record<string, string>> = {
  'docs/decisions/': 'Decisions',
  'examples/': 'Examples',
  'deploy/': 'Files to deploy',
}

/** The tables of docs/README.md, and after them every other document: no page is unreachable. */
export function sidebarOf({ listed, documents, written, titleOf }: SidebarOptions): Entry[] {
  const known = new Set(['docs/README.md', ...listed.map(({ path }) => path)])
  const others = documents.filter(({ path }) => !known.has(path))
  const folderOf = (path: string) => Object.keys(folders).find((folder) => path.startsWith(folder))
  const group = (label: string, paths: readonly string[]): Entry[] => {
    const items = paths.map((path) => ({ label: titleOf(path), link: linkOf(path) }))
    return items.length === 0 ? [] : [{ label, collapsed: true, items }]
  }
  const paths = others.map(({ path }) => path)
  return [
    { label: 'All pages', link: linkOf('docs/README.md') },
    ...entriesOf(listed, addressOf),
    {
      label: 'API',
      collapsed: false,
      items: written.map(({ title, address }) => ({ label: title, link: `/${address}/` })),
    },
    ...Object.entries(folders).flatMap(([folder, label]) =>
      group(
        label,
        paths.filter((path) => folderOf(path) === folder),
      ),
    ),
    ...group(
      'More',
      paths.filter((path) => folderOf(path) === undefined),
    ),
  ]
}

interface Landing {
  readonly fields: object
  readonly body: string
}

/** The landing page: the first paragraph of the root's README.md stands at its head. */
export function landing({ title, description, body }: Parts, base: string): Landing {
  const hero = {
    title: 'Every worker of a Node.js cluster, on one page',
    tagline: description,
    actions: [
      { text: 'Start in 60 seconds', link: '#60-seconds', icon: 'down-arrow' },
      { text: 'All pages', link: `${base}docs/`, variant: 'minimal' },
    ],
  }
  const others = body
    .trimStart()
    .split(/\n{2,}/)
    .slice(1)
  return { fields: { title, description, hero }, body: others.join('\n\n') }
}

function linkOf(path: string): string {
  const address = addressOf(path)
  return address === '' ? '/' : `/${address}/`
}
