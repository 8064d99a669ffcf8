import { types } from 'node:util'
import { collectLimits } from '../../limits/collect.ts'
import { shortCopy } from '../../support/short-copy.ts'
import { isDisconnect } from './socket-close.ts'

/**
 * The class of an error: the first name that says more than `Error`. In order, these are the
 * error's own `name`, the name of its class, the inherited `name`, and the `code`. Node's own
 * errors differ only by `code`, such as `HPE_INVALID_METHOD`. Errors of Hapi differ only by the
 * text of their status, such as `Conflict`. A name of one or two letters comes from a minifier.
 * Errors of another realm count, too. For a value that is no error, the result is the value's type.
 */
export function errorTypeOf(error: unknown): string {
  try {
    const type = isError(error) ? nameOf(error) : typeof error
    const { errorTypeChars } = collectLimits
    // A client may have sent the text.
    return type.length > errorTypeChars ? shortCopy(type, errorTypeChars) : type
  } catch {
    // A getter of the application can throw.
    return typeof error
  }
}

/**
 * The class of the error of a request that has ended. Some frameworks make an error when a client
 * disconnects. `abort` says more than this error.
 * @param abort why the response did not finish.
 */
export function errorTypeAtEnd(error: unknown, abort: string | undefined): string | undefined {
  if (error === undefined || (abort !== undefined && isDisconnect(error))) return undefined
  return errorTypeOf(error)
}

interface ErrorLike {
  readonly name?: unknown
  readonly code?: unknown
  readonly constructor?: unknown
  /** The response that Hapi's `Boom` prepares. */
  readonly output?: {
    readonly payload?: { readonly error?: unknown; readonly statusCode?: unknown }
  }
}

/** Also recognises errors of another realm, for example of `node:vm`. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error
}

function nameOf(error: ErrorLike): string {
  const className: unknown = isFunction(error.constructor) ? error.constructor.name : undefined
  const own = Object.hasOwn(error, 'name') ? error.name : undefined
  // The class of an `AbortError` is `DOMException`; its prototype has the name.
  const hasClass = !isVague(className) && className !== 'DOMException'
  const names = [own, hasClass ? className : error.name, error.name, error.code, statusOf(error)]
  // Without a telling name, the inherited name is best: a minifier renames a class in each build.
  const telling = names.find((name) => !isVague(name)) ?? error.name ?? className
  return typeof telling === 'string' && telling !== '' ? telling : 'Error'
}

/** Hapi gives the status 500 to each unexpected error, so the text of this status says nothing. */
function statusOf({ output }: ErrorLike): unknown {
  const payload = output?.payload
  return payload?.statusCode === 500 ? undefined : payload?.error
}

function isFunction(value: unknown): value is (...values: never) => unknown {
  return typeof value === 'function'
}

/** Names that many errors have: the classes of Node's own errors, and of Fastify's. */
const vague = new Set(['Error', 'NodeError', 'SystemError', 'FastifyError', 'Object'])
const shortestName = 3

function isVague(name: unknown): boolean {
  return typeof name !== 'string' || name.length < shortestName || vague.has(name)
}
