import type { ErrorCode } from './error-table.ts'

/** A text with the code of its cause in parentheses, as in `… (GPE_PORT_IN_USE)`. */
export type CodedText = `${string} (GPE_${string})${string}`

/** Adds the code of its cause to a sentence. A text of several lines gets the code in the first. */
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
  return typeof value === 'string' && codePattern.test(value)
}

/** The first code in a text. */
export function codeIn(text: string): string | undefined {
  return codePattern.exec(text)?.[1]
}

const codePattern = / \((GPE_[A-Z0-9_]+)\)/
