import { readFile, writeFile } from 'node:fs/promises'
import { catalog, type Declaration } from '../src/model/catalog.ts'

/*
 * README's metric table from the catalogue. `npm run docs` writes it; a test holds the two together.
 */

const readme = new URL('../README.md', import.meta.url)
const between = /(<!-- metrics -->\n)[\s\S]*(<!-- \/metrics -->)/

/** README as it should be. */
export async function renderedReadme(): Promise<string> {
  const text = await readFile(readme, 'utf8')
  return text.replace(between, (_, begin: string, end: string) => `${begin}${table()}${end}`)
}

export async function currentReadme(): Promise<string> {
  return await readFile(readme, 'utf8')
}

function table(): string {
  const rows = Object.values(catalog).map(row)
  return `| metric | type | labels | meaning |\n|---|---|---|---|\n${rows.join('')}`
}

function row({ name, kind, labels, help }: Declaration): string {
  return `| \`${name}\` | ${kind} | ${labels.join(', ') || 'none'} | ${help} |\n`
}

if (import.meta.main) await writeFile(readme, await renderedReadme())
