/** The `code` of an error, such as `EPIPE`; undefined without a code. */
export function errorCodeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}
