import { isObjectLike } from '../../../support/guards.ts'
import type { Framework } from './hooks/framework.ts'

/*
 * Restify 10 to 12. Restify leaves the route on the request, and the error on the response, also in
 * a bundle. `res.send(error)` without `next(error)` leaves no error. Earlier versions do not load
 * on Node 20, and versions 10 and 11 do not load on Node 24.
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

function errorAtEnd(request: RestifyRequest, response: RestifyResponse): unknown {
  const { err } = response
  if (err === undefined || response._handlersFinished === undefined) return undefined
  return request.route === undefined && isOfRouter(err) ? undefined : err
}

/** Restify itself makes these errors where no route matches. */
const routerErrors = new Set<unknown>(['ResourceNotFoundError', 'MethodNotAllowedError'])

function isOfRouter(error: unknown): boolean {
  return isObjectLike(error) && routerErrors.has(Reflect.get(error, 'name'))
}
