import { addressOf, type Document } from './documents.ts'
import { type Entry, entriesOf, type ListedPage } from './navigation.ts'

export interface SidebarOptions {
  readonly listed: readonly ListedPage[]
  readonly documents: readonly Document[]
  readonly titleOf: (path: string) => string
}

/** Folders whose documents are a group of their own, with the label of the group. */
const folders: Readonly<Record<string, string>> = {
  'docs/decisions/': 'Decisions',
  'examples/': 'Examples',
  'deploy/': 'Files to deploy',
}

/** The tables of docs/README.md, and after them every other document: no page is unreachable. */
export function sidebarOf({ listed, documents, titleOf }: SidebarOptions): Entry[] {
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

/** What the page of the root's README.md has beside its text. */
export function landing(base: string): object {
  return {
    title: 'gunicorn-prometheus-exporter',
    hero: {
      title: 'Every worker of a Node.js cluster, on one page',
      tagline: 'Prometheus metrics. Counts survive crashes; scrapes never wait for a worker.',
      actions: [
        { text: 'Start in 60 seconds', link: '#60-seconds', icon: 'down-arrow' },
        { text: 'All guides', link: `${base}docs/`, variant: 'minimal' },
      ],
    },
  }
}

function linkOf(path: string): string {
  const address = addressOf(path)
  return address === '' ? '/' : `/${address}/`
}
