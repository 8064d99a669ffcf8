import { readFileSync } from 'node:fs'

/** A fenced code block of a Markdown file. */
export interface CodeBlock {
  /** Path of the Markdown file and line of the fence, such as `README.md:12`. */
  readonly place: string
  /** The word after the fence, such as `sh`; empty without a word. */
  readonly language: string
  readonly text: string
  /** The HTML comments right above the block, by their first word, such as `file: app.js`. */
  readonly notes: Readonly<Record<string, string>>
}

const fence = /^( *)```([^\n]*)\n(.*?)^\1```[ \t]*$/gms
/** The comments that end right before a block. A comment can have several lines. */
const comments = /(?:<!--(?:(?!-->)[\s\S])*-->\n)+ *$/
const comment = /<!--\s*([\w-]+):([\s\S]*?)-->/g

/** The code blocks of a Markdown file, in their order. */
export function codeBlocks(path: string, document: string): CodeBlock[] {
  const text = readFileSync(path, 'utf8')
  return Array.from(
    text.matchAll(fence),
    ({ index, 1: indent = '', 2: language = '', 3: body = '' }) => {
      const before = text.slice(0, index)
      return {
        place: `${document}:${before.split('\n').length}`,
        language: language.trim(),
        text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
        notes: notesBefore(before),
      }
    },
  )
}

function notesBefore(before: string): Record<string, string> {
  const [above = ''] = comments.exec(before) ?? []
  return Object.fromEntries(
    Array.from(above.matchAll(comment), ([, name = '', value = '']) => [name, value.trim()]),
  )
}
