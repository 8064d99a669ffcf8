import { types } from 'node:util'
import { errorCodeOf } from '../../support/error-code.ts'

/**
 * The class name of an error. Node's own errors share the class `Error` and differ by `code`, such
 * as `HPE_INVALID_METHOD` or `ERR_HTTP_REQUEST_TIMEOUT`. For such an error, the code is returned.
 * Never throws.
 */
export function errorTypeOf(error: unknown): string {
  try {
    return isError(error) ? classOf(error) : typeof error
  } catch {
    // A program can throw a Proxy, or an object with a getter that throws.
    return typeof error
  }
}

/** Also recognises errors of another realm, for example of `node:vm`. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error
}

function classOf(error: Error): string {
  const code = errorCodeOf(error)
  const className: unknown = error.constructor?.name
  if (className === 'Error' && typeof code === 'string') return code
  if (typeof className === 'string' && className !== '') return className
  return typeof error.name === 'string' ? error.name : 'object'
}
