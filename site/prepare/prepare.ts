import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { apiPages, type WrittenPage } from './api.ts'
import { type Document, findDocuments } from './documents.ts'
import { rewriteLinks } from './links.ts'
import { partsOf, withFrontmatter } from './markdown.ts'
import { listedPages } from './navigation.ts'
import { landing, sidebarOf } from './sidebar.ts'
import { collectSources } from './sources.ts'

export interface PrepareOptions {
  /** Root of the repository. */
  readonly root: string
  /** Folder for the generator's input. Its content is replaced. */
  readonly target: string
  /** Path of the site, such as `/` or `/docs/`. */
  readonly base: string
  /** Folder of what TypeDoc wrote. */
  readonly api: string
}

/** Writes what the generator reads: pages, images and the sidebar. */
export function prepare({ root, target, base, api }: PrepareOptions): void {
  for (const part of ['pages', 'public'])
    rmSync(join(target, part), { recursive: true, force: true })
  const documents = findDocuments(root)
  const addresses = new Map(documents.map(({ path, address }) => [path, address]))
  const { sourceOf, pages, images } = collectSources(root)
  const options = { base, sourceOf, pageOf: (path: string) => addresses.get(path) }
  for (const { path, address } of documents) {
    const { body, ...head } = partsOf(readFileSync(join(root, path), 'utf8'), path)
    const page = path === 'README.md' ? landing({ ...head, body }, base) : { fields: head, body }
    const text = withFrontmatter(page.fields, rewriteLinks(page.body, { ...options, path }))
    write(pageFile(target, address), text)
  }
  const reference = apiPages(api, base)
  for (const { address, text } of reference) {
    const taken = documents.find((document) => document.address === address)
    if (taken !== undefined)
      throw new Error(`${taken.path} has the address /${address}/ of the API.`)
    write(pageFile(target, address), text)
  }
  for (const [address, text] of pages) write(pageFile(target, address), text)
  for (const [path, address] of images) copy(join(root, path), join(target, 'public', address))
  cpSync(join(root, 'site/assets'), join(target, 'public'), { recursive: true })
  write(join(target, 'sidebar.json'), JSON.stringify(sidebar(root, documents, reference)))
}

function sidebar(root: string, documents: readonly Document[], written: readonly WrittenPage[]) {
  const listed = listedPages(readFileSync(join(root, 'docs/README.md'), 'utf8'))
  const titleOf = (path: string) => partsOf(readFileSync(join(root, path), 'utf8'), path).title
  return sidebarOf({ listed, documents, written, titleOf })
}

function pageFile(target: string, address: string): string {
  return join(target, 'pages', `${address === '' ? 'index' : address}.md`)
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, to)
}
