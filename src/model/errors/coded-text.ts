import type { ErrorCode } from './error-table.ts'

/** A text with the code of its cause in parentheses, as in `… (GPE_PORT_IN_USE)`. */
export type CodedText = `${string} (GPE_${string})${string}`

/**
 * Adds the code of its cause to a sentence. A text of several lines gets the code in the first. The
 * sentence can quote other texts with codes, which then stand before its own code.
 */
export function coded(code: ErrorCode, text: string): CodedText {
  const end = text.indexOf('\n')
  if (end === -1) return `${text} (${code})`
  return `${text.slice(0, end)} (${code})${text.slice(end)}`
}

/** Several sentences in one line. */
export function sentences(texts: readonly CodedText[]): CodedText {
  return texts.join(' ') as CodedText
}

/** Whether a text of another part of the program has a code. */
export function isCodedText(value: unknown): value is CodedText {
  return typeof value === 'string' && codeIn(value) !== undefined
}

/**
 * The code that `coded` has added: the last one in the first line. Codes before it are of quoted
 * texts.
 */
export function codeIn(text: string): string | undefined {
  const [line = ''] = text.split('\n', 1)
  return [...line.matchAll(codePattern)].at(-1)?.[1]
}

/** The code of a line that lists the texts. */
export function firstCode([text = '']: readonly string[]): string | undefined {
  return codeIn(text)
}

const codePattern = / \((GPE_[A-Z0-9_]+)\)/g
