/*
 * The little that the site needs to know about Markdown. The generator parses it.
 */

/** The title, the summary and the text below the title. */
export interface Parts {
  readonly title: string
  readonly description: string
  readonly body: string
}

const longestDescription = 160

/** Takes a document apart. @param path names the document in errors. */
export function partsOf(text: string, path: string): Parts {
  const heading = /^# +(.+)\n/m.exec(text)
  if (heading === null) throw new Error(`${path} has no title: a line that begins with "# ".`)
  const title = plain(heading[1] ?? '')
  const body = text.slice(heading.index + heading[0].length)
  return { title, description: descriptionOf(body), body: outsideCode(body, withoutComments) }
}

/** The document for the generator. Values of JSON are values of YAML. */
export function withFrontmatter(fields: object, body: string): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
  return `---\n${lines.join('')}---\n\n${body.trim()}\n`
}

/**
 * Changes the prose of a document. Fences and code in lines stay: a character of the private area
 * stands for each of them, because the text of a link can have code.
 */
export function outsideCode(text: string, change: (prose: string) => string): string {
  const code =
    /^(?<mark> *(?:`{3,}|~{3,}))[\s\S]*?^\k<mark>.*$|(?<ticks>`+)(?:(?!\n\n)[\s\S])*?\k<ticks>/gm
  const kept: string[] = []
  const prose = text.replace(code, (match) => `\uE000${kept.push(match) - 1}\uE001`)
  return change(prose).replace(/\uE000(\d+)\uE001/g, (_, index) => kept[Number(index)] ?? '')
}

/** Text of a heading, a label or a sentence, without marks. */
export function plain(markdown: string): string {
  return markdown
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[`*]/g, '')
    .replace(/<(https?:[^>]*)>/g, '$1')
    .replace(/\s+/g, ' ')
    .trim()
}

function withoutComments(prose: string): string {
  return prose.replace(/<!--[\s\S]*?-->\n?/g, '')
}

/** The first sentences of the first paragraph. */
function descriptionOf(body: string): string {
  const paragraphs = withoutComments(body.replace(/^```[\s\S]*?^```$/gm, '')).split(/\n{2,}/)
  const prose = paragraphs.map((each) => each.trim()).find((each) => /^[\w`[*]/.test(each)) ?? ''
  const sentences = plain(prose).split(/(?<=\.) /)
  let description = sentences[0] ?? ''
  for (const sentence of sentences.slice(1)) {
    if (description.length + sentence.length >= longestDescription) break
    description += ` ${sentence}`
  }
  return description.replace(/:$/, '.')
}
