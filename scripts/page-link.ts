import { readFileSync } from 'node:fs'
import { headingsOf } from '../test/support/links.ts'

/**
 * A link to a page of docs/ or to a section, with the words of its heading.
 * @param page such as `run.md` or `run.md#reload`.
 */
export function pageLink(page: string): string {
  const [file = '', section] = page.split('#')
  const text = readFileSync(new URL(`../docs/${file}`, import.meta.url), 'utf8')
  const titles = Array.from(text.matchAll(/^#{1,6} +(.+)$/gm), ([, title = '']) => title)
  const title = titles.find((title) => !section || headingsOf(`# ${title}`)[0] === section)
  if (title === undefined) throw new Error(`docs/${file} has no heading for ${page}.`)
  return `[${title}](${page})`
}
