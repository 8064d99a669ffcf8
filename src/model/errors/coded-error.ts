import { type CodedText, coded, isCodedText } from './coded-text.ts'
import type { ErrorCode } from './error-table.ts'

/** An error for the user of the public API. Node.js prints the code below the stack. */
export interface CodedError extends Error {
  readonly code: ErrorCode
}

type Constructor = new (message: string, options?: ErrorOptions) => Error

/** An error with a code. The message has no code: other texts quote the message. */
export function codedError(
  code: ErrorCode,
  text: string,
  { kind = Error, cause }: { readonly kind?: Constructor; readonly cause?: unknown } = {},
): CodedError {
  const options = cause === undefined ? undefined : { cause }
  return Object.assign(new kind(text, options), { code })
}

/** The code of an error of `codedError`; undefined for another value. Never throws. */
export function codeOf(error: unknown): ErrorCode | undefined {
  try {
    const { code } = Object(error) as { readonly code?: unknown }
    return typeof code === 'string' && code.startsWith('GPE_') ? (code as ErrorCode) : undefined
  } catch {
    // An application can throw an object whose getter throws.
    return undefined
  }
}

/** The text with a code. A text without a code gets the given code. */
export function withCode(code: ErrorCode, text: string): CodedText {
  return isCodedText(text) ? text : coded(code, text)
}
