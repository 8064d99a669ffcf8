import type { EndedRequest } from '../counts/ended-request.ts'
import { errorTypeAtEnd } from './error-type.ts'
import type { Exchange } from './exchange.ts'
import { originalTarget } from './original-target.ts'
import { errorOf, routeOf, slotOf } from './routes.ts'

/**
 * Sets what the request was, with its route and its error.
 * @param isClosed whether the connection closed before the response finished.
 */
export function describeExchange(
  ended: EndedRequest,
  { request, response, body, active }: Exchange,
  isClosed: boolean,
): void {
  ended.requestBytes = body?.bytes ?? 0
  ended.active = active
  ended.version = request?.httpVersionMinor === 0 ? 0 : 1
  ended.target = request && originalTarget(request)
  const slot = request && slotOf(request)
  ended.route = request && routeOf(request, slot, ended.target)
  const error = request && errorOf({ request, response, slot })
  ended.errorType = errorTypeAtEnd(error, isClosed ? 'closed' : undefined)
}
