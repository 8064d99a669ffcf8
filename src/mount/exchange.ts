import { isObjectLike, isRecord } from '../support/guards.ts'
import { isClosed, type MountedRequest, type MountedResponse } from './refuse.ts'
import { WebResponse } from './web-response.ts'

/** A request of the application's server, in the form for the mounted page. */
export interface Exchange {
  readonly request: MountedRequest
  readonly response: MountedResponse
  /** What the handler returns to the framework. Must not reject. */
  readonly result: Promise<unknown>
}

/**
 * Finds request and response in the arguments of a handler. Frameworks wrap Node's objects, or
 * those of the Fetch API, each in its own way.
 *
 * @returns undefined for unknown arguments.
 */
export function exchangeOf(values: readonly unknown[]): Exchange | undefined {
  for (const form of forms) {
    const exchange = form(values)
    if (exchange) return exchange
  }
  return undefined
}

type Form = (values: readonly unknown[]) => Exchange | undefined

/** The order matters: Koa's context also has a request that looks like one of Node. */
const forms: readonly Form[] = [
  // http, https, http2, Express, Connect, restify, Polka, Next's API routes
  ([request, response]) => nodeExchange(request, response),
  // Fastify
  ([request, reply]) => {
    const exchange = nodeExchange(fieldOf(request, 'raw'), fieldOf(reply, 'raw'))
    if (exchange) call(reply, 'hijack')
    return exchange
  },
  // Hapi
  ([request, toolkit]) => {
    const raw = fieldOf(request, 'raw')
    const exchange = nodeExchange(fieldOf(raw, 'req'), fieldOf(raw, 'res'))
    return exchange && { ...exchange, result: Promise.resolve(fieldOf(toolkit, 'abandon')) }
  },
  // h3 1
  ([event]) => {
    const node = fieldOf(event, 'node')
    return nodeExchange(fieldOf(node, 'req'), fieldOf(node, 'res'))
  },
  // Koa
  ([context]) => {
    const exchange = nodeExchange(fieldOf(context, 'req'), fieldOf(context, 'res'))
    // Otherwise, Koa would respond, too.
    if (exchange && isRecord(context)) Reflect.set(context, 'respond', false)
    return exchange
  },
  // Next's route handlers, and other handlers of the Fetch API
  ([request]) => webExchange(request),
  // Hono
  ([context]) => webExchange(fieldOf(fieldOf(context, 'req'), 'raw')),
  // h3 2
  ([event]) => webExchange(fieldOf(event, 'req')),
  // React Router, SvelteKit, Astro
  ([event]) => webExchange(fieldOf(event, 'request')),
]

function nodeExchange(request: unknown, response: unknown): Exchange | undefined {
  if (!isNodeRequest(request) || !isNodeResponse(response)) return undefined
  return { request, response, result: closed(response) }
}

function isNodeRequest(value: unknown): value is MountedRequest {
  return typeof fieldOf(value, 'method') === 'string' && isRecord(fieldOf(value, 'headers'))
}

function isNodeResponse(value: unknown): value is MountedResponse {
  return ['writeHead', 'write', 'end', 'on'].every(
    (name) => typeof fieldOf(value, name) === 'function',
  )
}

/** A framework can wait for the handler, and then treat the response as finished. */
function closed(response: MountedResponse): Promise<void> {
  return new Promise((resolve) => {
    if (isClosed(response)) resolve()
    else response.on('close', resolve)
  })
}

/** Finds a response of Node in unknown arguments, for a refusal. */
export function responseIn(values: readonly unknown[]): MountedResponse | undefined {
  const places = values.flatMap((value) => [
    value,
    ...['raw', 'res', 'response'].map((name) => fieldOf(value, name)),
  ])
  return places.find(isNodeResponse)
}

function webExchange(value: unknown): Exchange | undefined {
  const [method, url, headers] = ['method', 'url', 'headers'].map((name) => fieldOf(value, name))
  if (typeof method !== 'string' || typeof url !== 'string') return undefined
  const get = (name: string): string | undefined => {
    const found = call(headers, 'get', name)
    return typeof found === 'string' ? found : undefined
  }
  if (typeof fieldOf(headers, 'get') !== 'function') return undefined
  const response = new WebResponse()
  // Without `accept-encoding`: Next removes the header `Content-Encoding` from the response.
  const request = {
    method,
    url,
    headers: { accept: get('accept'), authorization: get('authorization') },
  }
  return { request, response, result: response.response }
}

function fieldOf(value: unknown, name: string): unknown {
  return isObjectLike(value) ? Reflect.get(value, name) : undefined
}

function call(value: unknown, name: string, ...values: readonly unknown[]): unknown {
  const method = fieldOf(value, name)
  return typeof method === 'function' ? Reflect.apply(method, value, values) : undefined
}
