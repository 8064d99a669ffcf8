/** Atoms of gunicorn's access log without a name in braces. */
const plainAtoms = ['h', 'l', 'u', 't', 'r', 's', 'm', 'U', 'q', 'H', 'b', 'B', 'f', 'a'] as const
const timeAtoms = ['T', 'D', 'M', 'L', 'p'] as const

export type PlainAtom = (typeof plainAtoms)[number] | (typeof timeAtoms)[number]

/** A part of a format. */
export type FormatPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'atom'; readonly atom: PlainAtom }
  /** `i`: a header of the request, `o`: of the response, `e`: a variable. */
  | { readonly kind: 'named'; readonly of: 'i' | 'o' | 'e'; readonly name: string }

/** gunicorn's default: the combined format of Apache. */
export const combinedFormat = '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"'

/** The word for lines of JSON. */
export const jsonFormat = 'json'

/**
 * Reads a format in the manner of gunicorn: `%(h)s`, `%({x-forwarded-for}i)s`, `%%`.
 * @returns the first wrong part, if there is one.
 */
export function parseFormat(format: string): readonly FormatPart[] | { readonly wrong: string } {
  const parts: FormatPart[] = []
  for (const [part] of format.matchAll(/%%|%\([^)]*\)[sd]|[^%]+|%.{0,20}/gs)) {
    const read = partOf(part)
    if (!read) return { wrong: part }
    parts.push(read)
  }
  return parts
}

function partOf(part: string): FormatPart | undefined {
  if (part === '%%') return { kind: 'text', text: '%' }
  if (!part.startsWith('%')) return { kind: 'text', text: part }
  const key = /^%\((.*)\)[sd]$/s.exec(part)?.[1]
  const [, name, of] = /^\{([\w.-]+)\}([ioe])$/.exec(key ?? '') ?? []
  if (name !== undefined && (of === 'i' || of === 'o' || of === 'e')) {
    return { kind: 'named', of, name: name.toLowerCase() }
  }
  const atom = [...plainAtoms, ...timeAtoms].find((each) => each === key)
  return atom && { kind: 'atom', atom }
}
