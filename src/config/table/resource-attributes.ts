/** Attributes of a resource. All values are texts. */
export type ResourceAttributes = Readonly<Record<string, string>>

/** Largest length of a key and of a value, as in OTel. */
const longest = 255

/**
 * Parses `key=value,…` in percent-encoding. Undefined if an entry is wrong: as OTel specifies, one
 * wrong entry discards all entries.
 */
export function parseAttributes(text: string): ResourceAttributes | undefined {
  const entries = text.split(',').filter((entry) => entry.trim() !== '')
  const parsed = entries.map(parseEntry)
  return parsed.every((entry) => entry !== undefined) ? Object.fromEntries(parsed) : undefined
}

function parseEntry(entry: string): readonly [key: string, value: string] | undefined {
  const parts = entry.split('=')
  const [key, value] = parts.map((part) => decoded(part.trim()))
  if (parts.length !== 2 || !key || value === undefined) return undefined
  return key.length > longest || value.length > longest ? undefined : [key, value]
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
