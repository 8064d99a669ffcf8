import { errorCodeOf } from '../support/error-code.ts'

/** Errors that say nothing about the file. A later attempt can succeed. */
const passing: ReadonlySet<unknown> = new Set([
  ...['EAGAIN', 'EBUSY', 'EINTR', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM'],
])

/** ENOTDIR: a file has the place of a directory above. */
const absent: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR'])

export function isAbsent(error: unknown): boolean {
  return absent.has(errorCodeOf(error))
}

export function refusalOf(error: unknown): 'refused' | 'unreadable' {
  return passing.has(errorCodeOf(error)) ? 'unreadable' : 'refused'
}

/** @throws the error, if a later attempt can succeed. */
export function unlessPassing<T>(error: unknown, result: T): T {
  if (passing.has(errorCodeOf(error))) throw error
  return result
}
