import { globSync } from 'node:fs'
import { basename, dirname } from 'node:path'

/** A Markdown file of the repository that is a page of the site. */
export interface Document {
  /** Relative to the root of the repository. */
  readonly path: string
  /** Path of the page, without slashes at its ends. The landing page has ''. */
  readonly address: string
}

const patterns = [
  '*.md',
  'docs/**/*.md',
  '{bench,collector-config,deploy,examples,native,site}/**/*.md',
]

/** Every document that is a page, sorted by its path. Throws when two have the same address. */
export function findDocuments(root: string): Document[] {
  const exclude = (path: string) => basename(path) === 'node_modules' || basename(path)[0] === '.'
  const paths = globSync(patterns, { cwd: root, exclude }).sort()
  const documents = paths.map((path) => ({ path, address: addressOf(path) }))
  const byAddress = new Map<string, string>()
  for (const { path, address } of documents) {
    const other = byAddress.get(address)
    if (other !== undefined) throw new Error(`${path} and ${other} have the address /${address}/.`)
    byAddress.set(address, path)
  }
  return documents
}

/** Pages of `docs` have short addresses. Every README stands for its folder. */
export function addressOf(path: string): string {
  if (path === 'README.md') return ''
  if (path === 'docs/README.md') return 'docs'
  const short = path.replace(/^docs\//, '')
  const name = basename(short) === 'README.md' ? dirname(short) : short.replace(/\.md$/, '')
  return name.toLowerCase()
}
