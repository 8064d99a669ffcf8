/** The `code` of an error, such as `EPIPE`; undefined without a code. */
export function errorCodeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}

/** Whether Node.js, under `--permission`, refuses an act that no flag allows. */
export function isForbidden(error: unknown): boolean {
  return errorCodeOf(error) === 'ERR_ACCESS_DENIED'
}
