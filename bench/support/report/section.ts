/*
 * The output of a benchmark as a section of a document in Markdown, and its place in the document.
 */

const columns = 120

interface Section {
  readonly title: string
  readonly body: string
}

/**
 * The first line is the title, and indented lines become lists.
 * @param output of a program that prints by print.mjs.
 */
export function sectionOf(output: string): Section {
  const [title = '', ...lines] = output.trim().split('\n')
  const body = lines
    .map(lineOf)
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
  return { title, body: body.trim() }
}

function lineOf(line: string): string {
  if (line.startsWith('|')) return compactRow(line)
  return line.startsWith('  ') ? wrapped(`- ${line.trim()}`) : line
}

function compactRow(line: string): string {
  const cells = line.split('|').slice(1, -1)
  if (cells.every((cell) => /^ -+:? $/.test(cell))) return `|${'---|'.repeat(cells.length)}`
  return `| ${cells.map((cell) => cell.trim()).join(' | ')} |`
}

function wrapped(text: string): string {
  const lines: string[] = []
  let last = ''
  for (const word of text.split(' ')) {
    const longer = last === '' ? word : `${last} ${word}`
    if (longer.length > columns) {
      lines.push(last)
      last = `  ${word}`
    } else last = longer
  }
  return [...lines, last].join('\n')
}

/**
 * Puts a section between the marks `<!-- bench:name -->` and `<!-- /bench:name -->`.
 * @throws if the document lacks the marks.
 */
export function withSection(document: string, name: string, section: string): string {
  const begin = `<!-- bench:${name} -->`
  const end = `<!-- /bench:${name} -->`
  const from = document.indexOf(begin)
  const to = document.indexOf(end)
  if (from < 0 || to < from) throw new Error(`The document has no place for ${name}: ${begin}`)
  return `${document.slice(0, from + begin.length)}\n\n${section}\n\n${document.slice(to)}`
}
