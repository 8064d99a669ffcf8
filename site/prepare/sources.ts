import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { withFrontmatter } from './markdown.ts'

/** Files of the repository that documents link to. */
export interface Sources {
  /** Address of the page or the image of a file. Undefined: the site shows no such file. */
  readonly sourceOf: (path: string) => string | undefined
  /** Pages by address, with their Markdown. */
  readonly pages: ReadonlyMap<string, string>
  /** Images by their path in the repository, with their path in the site. */
  readonly images: ReadonlyMap<string, string>
}

/** A longer file is not shown. */
const maxSourceBytes = 100_000
const imageTypes = ['.png', '.svg', '.jpg']
const languages: Record<string, string> = {
  ...{ '.mjs': 'js', '.cjs': 'js', '.js': 'js', '.ts': 'ts', '.json': 'json', '.sh': 'sh' },
  ...{ '.yaml': 'yaml', '.yml': 'yaml', '.service': 'ini', '.socket': 'ini', '.timer': 'ini' },
  ...{ '.py': 'python', '.html': 'html', '.css': 'css', '.toml': 'toml', '.tf': 'hcl' },
  ...{ '.conf': 'ini', '.tpl': 'yaml' },
}

/** Collects the sources that are asked for. */
export function collectSources(root: string): Sources {
  const pages = new Map<string, string>()
  const images = new Map<string, string>()
  const sourceOf = (path: string) => {
    if (path.startsWith('..') || !existsSync(join(root, path))) return undefined
    if (imageTypes.includes(extname(path))) return imageOf(images, path)
    const address = `source/${path.toLowerCase().replaceAll('.', '-')}`
    if (!pages.has(address)) addPage(pages, address, { root, path })
    return pages.has(address) ? `${address}/` : undefined
  }
  return { sourceOf, pages, images }
}

interface Place {
  readonly root: string
  readonly path: string
}

function addPage(pages: Map<string, string>, address: string, { root, path }: Place): void {
  const file = join(root, path)
  const text = statSync(file).isDirectory() ? folderText(file) : fileText(file)
  if (text !== undefined) pages.set(address, pageOf(path, text))
}

function imageOf(images: Map<string, string>, path: string): string {
  const address = `images/${path.replaceAll('/', '-')}`
  images.set(path, address)
  return address
}

function fileText(file: string): string | undefined {
  const text = readFileSync(file)
  if (text.length > maxSourceBytes || text.includes(0)) return undefined
  const name = basename(file) === 'Dockerfile' ? 'dockerfile' : languages[extname(file)]
  const content = text.toString().trimEnd()
  const longest = Math.max(0, ...Array.from(content.matchAll(/`+/g), ([ticks]) => ticks.length))
  const fence = '`'.repeat(Math.max(3, longest + 1))
  return `${fence}${name ?? 'text'}\n${content}\n${fence}`
}

function folderText(folder: string): string {
  const names = readdirSync(folder).filter((name) => name !== 'node_modules')
  return `The folder holds:\n\n${names.map((name) => `- \`${name}\``).join('\n')}`
}

function pageOf(path: string, text: string): string {
  const fields = {
    title: basename(path),
    description: `The file ${path} of the repository.`,
    pagefind: false,
    tableOfContents: false,
    prev: false,
    next: false,
  }
  return withFrontmatter(fields, `\`${path}\` of the repository:\n\n${text}`)
}
