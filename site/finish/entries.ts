import { decoded, textOf } from './html.ts'
import type { Entry } from './search.ts'

/*
 * Entries of references that have no table: options of commands, and error codes.
 */

type PlacedEntry = Omit<Entry, 'page'>

export interface PageWithEntries {
  readonly html: string
  readonly found: readonly PlacedEntry[]
}

/** Options of each command: lines of its help. Each line becomes an anchor. */
export function withOptions(html: string): PageWithEntries {
  const found: PlacedEntry[] = []
  const sections = html.split(/(?=<h2 id=")/).map((section) => {
    const command = /^<h2 id="([\w-]+)"/.exec(section)?.[1]
    if (command === undefined) return section
    return section.replace(/<div class="ec-line">(?=(.*?)<\/div><\/div>)/g, (line, content) => {
      const option = optionOf(decoded(content.replace(/<[^>]*>/g, '')))
      if (option === undefined) return line
      const anchor = `${command}${option.names[0]}`
      found.push({ kind: `Option of ${command}`, anchor, otherNames: [], ...option })
      return `<div class="ec-line" id="${anchor}">`
    })
  })
  return { html: sections.join(''), found }
}

/** The names of an option: `--port`, and `-p` where the option has a short form. */
function optionOf(line: string): Pick<Entry, 'names' | 'texts'> | undefined {
  const match = /^ {2}(?:(-\w), | {4})(--[\w-]+)(.*)$/.exec(line)
  if (match === null) return undefined
  const [, short, long = '', text = ''] = match
  return { names: short === undefined ? [long] : [long, short], texts: [text.trim()] }
}

/** Error codes: headings of the generator, with the text below them. */
export function errorCodes(html: string): PlacedEntry[] {
  const sections = html.matchAll(
    /<h3 id="(gpe_\w+)">(GPE_\w+)<\/h3>([\s\S]*?)(?=<h[23] |<\/main>)/g,
  )
  return Array.from(sections, ([, anchor = '', code = '', content = '']) => ({
    kind: 'Error code',
    anchor,
    names: [code],
    otherNames: [],
    texts: [textOf(content)],
  }))
}
