import { printableLine } from '../../../model/text/printable.ts'

/**
 * Characters of two columns. JavaScript has no property for the East Asian Width of Unicode. A few
 * halfwidth characters match, too: a line is then shorter than computed, and never longer.
 */
const wide = new RegExp(
  String.raw`[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}` +
    String.raw`\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\p{Script=Tangut}` +
    String.raw`\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]`,
  'u',
)
const mark = /\p{M}/u
const simple = /^[\x20-\x7e]*$/

/** Marks above or below one character. More marks would cover the lines around. */
const mostMarks = 2

/** Columns of a text that `shown` has made. */
export function widthOf(text: string): number {
  if (simple.test(text)) return text.length
  let width = 0
  for (const character of text) width += columnsOf(character)
  return width
}

function columnsOf(character: string): number {
  if (character <= '~') return 1
  if (mark.test(character)) return 0
  return wide.test(character) ? 2 : 1
}

/** A foreign text for the terminal: one line without control characters and piled up marks. */
export function shown(text: string): string {
  if (simple.test(text)) return text
  let marks = 0
  const kept = Array.from(printableLine(text)).filter((character) => {
    marks = mark.test(character) ? marks + 1 : 0
    return marks <= mostMarks
  })
  return kept.join('')
}

/** The start of a text, at most so many columns wide. A cut text ends with `mark`. */
export function cut(text: string, width: number, ellipsis: string): string {
  if (widthOf(text) <= width) return text
  const room = width - widthOf(ellipsis)
  if (room < 0) return ''
  let used = 0
  let kept = ''
  for (const character of text) {
    used += columnsOf(character)
    if (used > room) break
    kept += character
  }
  return kept + ellipsis
}

/** The text with spaces up to the width, at the side away from the alignment. */
export function padded(text: string, width: number, align: 'left' | 'right'): string {
  const spaces = ' '.repeat(Math.max(0, width - widthOf(text)))
  return align === 'left' ? text + spaces : spaces + text
}
