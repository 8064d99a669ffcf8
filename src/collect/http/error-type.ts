/**
 * The class name of an error. Node's own errors share the class `Error` and differ by `code`
 * (`HPE_INVALID_METHOD`, `ERR_HTTP_REQUEST_TIMEOUT`), so there the code tells more.
 */
export function errorTypeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const { code } = error as { code?: unknown }
  if (error.constructor === Error && typeof code === 'string') return code
  return error.constructor?.name || error.name
}
