import type { Comment } from 'oxc-parser'
import { LineStarts } from './line-starts.ts'
import type { Located } from './paths.ts'

/** A comment for a tool, such as `biome-ignore`. */
const directive =
  /^\s*(?:biome-ignore|@ts-|[#@]__PURE__|(?:c8|v8|node:coverage) |knip|# sourceMapping)/

/** Texts of the comments without their marks. Adjacent line comments become one text. */
export function joinedComments(comments: readonly Comment[], code: string): Located[] {
  const starts = new LineStarts(code)
  const joined: Located[] = []
  let lastLine = Number.NaN
  for (const { type, value, start } of comments) {
    if (directive.test(value)) continue
    const line = starts.lineAt(start)
    const previous = joined.at(-1)
    if (type === 'Block') {
      joined.push({ line, text: withoutStars(value) })
      lastLine = Number.NaN
    } else if (previous && line === lastLine + 1 && isAlone(code, start)) {
      joined[joined.length - 1] = { line: previous.line, text: `${previous.text}\n${value.trim()}` }
      lastLine = line
    } else {
      joined.push({ line, text: value.trim() })
      lastLine = line
    }
  }
  return joined
}

function withoutStars(block: string): string {
  return block
    .split('\n')
    .map((line) => line.replace(/^\s*\*? ?/, ''))
    .join('\n')
}

/** Whether nothing but spaces stands before the offset on its line. */
function isAlone(code: string, offset: number): boolean {
  return code.slice(code.lastIndexOf('\n', offset - 1) + 1, offset).trim() === ''
}
