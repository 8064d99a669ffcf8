import { decodedText } from '../../model/text/decoded-text.ts'
/** Attributes of a resource. All values are texts. */
export type ResourceAttributes = Readonly<Record<string, string>>

/** Largest length of a key and of a value, as in OTel. */
const longest = 255

/**
 * Parses `key=value,…` in percent-encoding. Undefined if an entry is wrong: as OTel specifies, one
 * wrong entry discards all entries.
 */
export function parseAttributes(text: string): ResourceAttributes | undefined {
  const parsed = entriesOf(text).map(parseEntry)
  return parsed.every((entry) => typeof entry !== 'string') ? Object.fromEntries(parsed) : undefined
}

/** The first wrong entry, and the rest of a sentence about the entry. */
export function wrongAttribute(
  text: string,
): { readonly entry: string; readonly reason: string } | undefined {
  for (const entry of entriesOf(text)) {
    const reason = parseEntry(entry)
    if (typeof reason === 'string') return { entry: entry.trim(), reason }
  }
  return undefined
}

function entriesOf(text: string): string[] {
  return text.split(',').filter((entry) => entry.trim() !== '')
}

/** @returns why the entry is wrong, as a text. */
function parseEntry(entry: string): readonly [key: string, value: string] | string {
  const parts = entry.split('=')
  if (parts.length < 2) return 'has no "="'
  if (parts.length > 2) return 'has two "="; the second needs percent-encoding, %3D'
  const [key, value] = parts.map((part) => decodedText(part.trim()))
  if (key === undefined || value === undefined) return 'is not in percent-encoding'
  if (key === '') return 'has no key'
  const isLong = key.length > longest || value.length > longest
  return isLong ? `has more than ${longest} characters in its key or value` : [key, value]
}
