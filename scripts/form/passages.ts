import type { Located } from './paths.ts'

/** A paragraph or a list item. */
export interface Passage {
  readonly path: string
  readonly text: string
  /** Line on which each line of the text stands in the file. */
  readonly lines: readonly number[]
}

/**
 * Cuts Markdown or the text of a comment into paragraphs and list items. Headings, tables, code
 * blocks, front matter and HTML comments are not part of the result.
 */
export function passagesOf(path: string, { line: first, text }: Located): Passage[] {
  const passages: { path: string; text: string; lines: number[] }[] = []
  let isOpen = false
  for (const [index, content] of withoutCode(text).split('\n').entries()) {
    const isProse = !outsideProse.test(content)
    const plain = content.replace(quote, '').replace(item, '')
    const last = isOpen && !startOfItem.test(content) ? passages.at(-1) : undefined
    if (isProse && last) {
      last.text += `\n${plain}`
      last.lines.push(first + index)
    } else if (isProse) {
      passages.push({ path, text: plain, lines: [first + index] })
    }
    isOpen = isProse
  }
  return passages
}

const quote = /^\s*(?:>\s?)+/
const item = /^\s*(?:[-*+]|\d+[.)])\s+/
/** A list item, or a tag of JSDoc. */
const startOfItem = /^\s*(?:(?:[-*+]|\d+[.)])\s|@\w)/
/** A blank line, a heading, a rule, a table row or a link definition. */
const outsideProse = /^\s*(?:$|#{1,6}\s|[-=*]{3,}\s*$|\||\[[^\]]+\]:\s)/

const frontMatter = /^---\n[\s\S]*?\n---\n/
const htmlComment = /<!--[\s\S]*?-->/g
const fencedCode = /^[ \t>]*(```+|~~~+)[^\n]*\n(?:(?:[\s\S]*?\n)??[ \t>]*\1[`~]*[ \t]*$|[\s\S]*)/gm
const indentedCode = /(?<=\n[ \t]*\n)(?: {4}[^\n]*(?:\n|$))+/g

/** The text with code, comments and front matter emptied. The count of lines stays. */
function withoutCode(text: string): string {
  return [frontMatter, fencedCode, htmlComment, indentedCode].reduce(
    (rest, pattern) => rest.replace(pattern, (match) => match.replace(/[^\n]/g, '')),
    text,
  )
}
