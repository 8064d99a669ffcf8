import { errorCodeOf } from '../../support/error-code.ts'

/**
 * The class name of an error. Node's own errors share the class `Error` and differ by `code`, such
 * as `HPE_INVALID_METHOD` or `ERR_HTTP_REQUEST_TIMEOUT`. For such an error, the code is returned.
 */
export function errorTypeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const code = errorCodeOf(error)
  if (error.constructor === Error && typeof code === 'string') return code
  return error.constructor?.name || error.name
}
