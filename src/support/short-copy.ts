import { Buffer } from 'node:buffer'

/**
 * The start of a text. A slice keeps the whole text in memory, and the copy does not. The copy also
 * replaces halves of characters.
 */
export function shortCopy(text: string, chars: number): string {
  return Buffer.from(text.slice(0, chars)).toString()
}
