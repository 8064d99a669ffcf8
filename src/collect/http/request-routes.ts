import { knownSlots, ownerOf } from './frameworks/hooks/request-slot.ts'

/**
 * Names the route of a request. The name wins over the route of a framework, and appears in
 * `http_route` and `endpoint`. Use a template with few values, such as `/users/:id`: beyond the
 * limit of endpoints, further names become `_OTHER`.
 *
 * @param request the request of `node:http` or `node:http2`, a stream of `node:http2`, or an object
 * of a framework with the request in `raw` or `req`.
 *
 * Does nothing with an empty template, or without an exporter in the process. Never throws.
 */
export function setRoute(request: object, template: string): void {
  if (typeof template !== 'string' || template === '') return
  const owner = requestOf(request)
  const slots = knownSlots()
  if (owner && slots) slots.open(owner).template = template
}

/**
 * Tells an error that the application turned into a response. The error's class appears in
 * `error_type`, and the request counts in `gunicorn_worker_error_handling_total`. A later call
 * replaces the error, also the one of a framework.
 *
 * @param request as for `setRoute`.
 * @param error any value; of an error, only the class is read.
 *
 * Does nothing without an exporter in the process. Never throws.
 */
export function recordError(request: object, error: unknown): void {
  const owner = requestOf(request)
  const slots = knownSlots()
  if (owner && slots && error !== undefined) slots.open(owner).error = error
}

function requestOf(request: unknown): object | undefined {
  try {
    if (typeof request !== 'object' || request === null) return undefined
    if ('httpVersionMajor' in request || 'rstCode' in request) return ownerOf(request)
    const inner: unknown = Reflect.get(request, 'raw') ?? Reflect.get(request, 'req')
    return ownerOf(inner)
  } catch {
    // A getter or a Proxy of the application can throw.
    return undefined
  }
}
