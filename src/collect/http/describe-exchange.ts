import type { EndedRequest } from '../counts/ended-request.ts'
import { contextRoute } from './context-route.ts'
import { errorTypeAtEnd } from './error-type.ts'
import type { Exchange } from './exchange.ts'
import { originalTarget } from './original-target.ts'
import { errorOf, isPlain, routeOf, slotOf } from './routes.ts'

/**
 * Sets what the request was, with its route and its error.
 * @param isClosed whether the connection closed before the response finished.
 */
export function describeExchange(ended: EndedRequest, exchange: Exchange, isClosed: boolean): void {
  const { request, response, body } = exchange
  ended.requestBytes = body === undefined ? 0 : body.bytes
  ended.active = exchange.active
  ended.version = request?.httpVersionMinor === 0 ? 0 : 1
  ended.target = request && originalTarget(request)
  const slot = request && slotOf(request)
  if (request && slot === undefined && isPlain(request, response)) {
    // Most requests of a server without a framework.
    ended.route = contextRoute()
    ended.errorType = undefined
    return
  }
  ended.route = request && routeOf(request, slot, ended.target)
  const error = request && errorOf({ request, response, slot })
  ended.errorType = errorTypeAtEnd(error, isClosed ? 'closed' : undefined)
}
