import { join, normalize } from 'node:path'
import { plain } from './markdown.ts'

/** An entry of the sidebar. The generator defines the form. */
export type Entry =
  | { readonly label: string; readonly link: string }
  | { readonly label: string; readonly collapsed: boolean; readonly items: readonly Entry[] }

/** A row of a table of docs/README.md. */
export interface ListedPage {
  readonly group: string
  readonly label: string
  /** Path of the document, relative to the root of the repository. */
  readonly path: string
}

/** The pages in the tables of docs/README.md: a table below each heading of the second level. */
export function listedPages(list: string): ListedPage[] {
  return list.split(/^## +/m).flatMap((section) => {
    const group = section.slice(0, section.indexOf('\n')).trim()
    const rows = section.matchAll(/^\| \[([^\]]+)\]\(([^)#\s]+)\) \|/gm)
    return Array.from(rows, ([, label = '', target = '']) => ({
      group,
      label: sentenceCase(plain(label)),
      path: normalize(join('docs', target)),
    }))
  })
}

/** Entries of pages, in the order of their groups. */
export function entriesOf(
  pages: readonly ListedPage[],
  addressOf: (path: string) => string,
): Entry[] {
  const groups = [...new Set(pages.map(({ group }) => group))]
  return groups.map((label) => ({
    label,
    collapsed: false,
    items: pages
      .filter(({ group }) => group === label)
      .map(({ label, path }) => ({ label, link: `/${addressOf(path)}/`.replace('//', '/') })),
  }))
}

/** Names that begin with a small letter. */
const lowerCase = ['gunicorn', 'systemd']

function sentenceCase(label: string): string {
  return lowerCase.includes(label) ? label : label.charAt(0).toUpperCase() + label.slice(1)
}
