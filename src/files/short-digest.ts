import { createHash } from 'node:crypto'

/** 12 hexadecimal digits of a text, for names that must differ without showing the text. */
export function shortDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
