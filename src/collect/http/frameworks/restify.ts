import { isObjectLike } from '../../../support/guards.ts'
import type { Framework } from './hooks/framework.ts'

/*
 * Restify 10 to 12, also in a bundle. Restify leaves the route on the request, and the error on the
 * response. `res.send(error)` without `next(error)` leaves no error. Earlier versions do not load
 * on Node 20. Versions 10 and 11 do not load on Node 24.
 */

export const restify: Framework = {
  name: 'restify',
  fields: { templateOf: templateAtEnd, errorOf: errorAtEnd },
}

interface RestifyRequest {
  readonly route?: { readonly path?: unknown; readonly spec?: unknown }
}

function templateAtEnd({ route }: RestifyRequest): string | undefined {
  // Express has a route without `spec`.
  if (!isObjectLike(route) || route.spec === undefined) return undefined
  if (typeof route.path === 'string') return route.path
  throw new TypeError('the path of a route has another form')
}

interface RestifyResponse {
  readonly err?: unknown
  readonly _handlersFinished?: unknown
}

function errorAtEnd({ route }: RestifyRequest, response: RestifyResponse): unknown {
  const { err: error } = response
  if (error === undefined || response._handlersFinished === undefined) return undefined
  const name: unknown = isObjectLike(error) ? Reflect.get(error, 'name') : undefined
  if (name === 'RequestCloseError') return undefined
  return route === undefined && unmatched.has(name) ? undefined : error
}

/** Errors that Restify itself makes if no route matches. */
const unmatched = new Set<unknown>(['ResourceNotFoundError', 'MethodNotAllowedError'])
