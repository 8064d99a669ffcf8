import { nodeCrypto } from '../support/process/node-crypto.ts'

/** 12 hexadecimal digits of a text, for names that must differ without showing the text. */
export function shortDigest(text: string): string {
  return nodeCrypto().createHash('sha256').update(text).digest('hex').slice(0, 12)
}
