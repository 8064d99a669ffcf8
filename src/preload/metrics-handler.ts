import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { mountLimits } from '../limits/mount.ts'
import { log } from '../log/log.ts'
import { coded } from '../model/errors/coded-text.ts'
import { type BegunResponseOptions, leaveBegunResponse } from '../mount/begun-response.ts'
import { type Exchange, exchangeOf, responseIn } from '../mount/exchange.ts'
import { breakOff, type PageRefusal, refuse } from '../mount/refuse.ts'
import { messageOf } from '../support/error-message.ts'
import { preloadKey } from '../support/preload-key.ts'
import type { Preload } from './preload.ts'

type NodeRequest = IncomingMessage | Http2ServerRequest
type NodeResponse = ServerResponse | Http2ServerResponse
interface NodePair {
  readonly req: NodeRequest
  readonly res: NodeResponse
}

/** The arguments that handlers of the frameworks get, and what each framework expects back. */
interface MetricsHandler {
  /** Node, Express, Polka, restify, and Next's API routes. */
  (request: NodeRequest, response: NodeResponse, ...rest: unknown[]): Promise<void>
  /** Fastify. */
  (
    request: { readonly raw: NodeRequest },
    reply: { readonly raw: NodeResponse },
    ...rest: unknown[]
  ): Promise<void>
  /** Hapi. */
  (request: { readonly raw: NodePair }, toolkit: { readonly abandon: symbol }): Promise<symbol>
  /** The Fetch API, such as Next's route handlers. */
  (request: Request, ...rest: unknown[]): Promise<Response>
  /** h3 2. */
  (event: { readonly req: Request }, ...rest: unknown[]): Promise<Response>
  /** React Router, SvelteKit, Astro. */
  (event: { readonly request: Request }, ...rest: unknown[]): Promise<Response>
  /** h3 1. */
  (event: { readonly node: NodePair }, ...rest: unknown[]): Promise<void>
  /** Koa. */
  (context: NodePair, ...rest: unknown[]): Promise<void>
  /** Hono. The last form, from which TypeScript infers type arguments of Hono. */
  (context: { readonly req: { readonly raw: Request } }, ...rest: unknown[]): Promise<Response>
}

/**
 * Answers a request with the page of the whole cluster, in any worker, the primary or a process
 * without workers. Use the handler on hosts with a single port. The handler takes the arguments of
 * Node's request listeners, of handlers of web frameworks, and of handlers of the Fetch API.
 *
 * ```js
 * app.get('/metrics', metricsHandler)
 * ```
 *
 * Needs the preload. Answers 503 with the reason if no exporter runs, or if the exporter does not
 * answer within 5 seconds. Answers 405 to methods other than GET and HEAD, and 500 if the exporter
 * cannot be loaded. Resolves with what the framework expects. Never throws and never rejects.
 */
// The result has the type of the form that `handle` recognizes.
export const metricsHandler: MetricsHandler = async (...values: readonly unknown[]) =>
  (await handle(values)) as never

async function handle(values: readonly unknown[]): Promise<unknown> {
  try {
    const exchange = exchangeOf(values)
    if (!exchange) return refuseUnknown(values)
    if (!leaveBegunResponse(exchange.response, begun)) answer(exchange)
    return await exchange.result
  } catch (error) {
    return refuseThrowing(values, error)
  }
}

function answer({ request, response }: Exchange): void {
  const refuseWith = (refusal: PageRefusal): void => refuse(request, response, refusal)
  try {
    const preload: Partial<Preload> | undefined = Reflect.get(globalThis, preloadKey)
    if (!preload?.answer) refuseWith(notPreloaded)
    else if (!preload.answer(request, response)) refuseWith(off)
  } catch (error) {
    log.error(coded('GPE_HANDLER_FAILED', `metricsHandler cannot answer: ${messageOf(error)}`))
    try {
      refuseWith(failed)
    } catch {
      breakOff(response)
    }
  }
}

/** @returns an answer for frameworks that take the answer from the result. */
function refuseUnknown(values: readonly unknown[]): Response {
  log.error(coded('GPE_HANDLER_ARGUMENTS', unknown.text))
  const response = responseIn(values)
  if (response) refuse({ method: undefined }, response, unknown)
  return new Response(`${unknown.text}\n`, { status: unknown.status })
}

/** The application can leave its objects in a state in which they throw. */
function refuseThrowing(values: readonly unknown[], error: unknown): Response | undefined {
  try {
    log.error(coded('GPE_HANDLER_FAILED', `metricsHandler cannot answer: ${messageOf(error)}`))
    const response = responseIn(values)
    if (response) refuse({ method: undefined }, response, throwing)
    return new Response(`${throwing.text}\n`, { status: throwing.status })
  } catch {
    destroyQuietly(values)
    return undefined
  }
}

function destroyQuietly(values: readonly unknown[]): void {
  for (const value of values) {
    try {
      const response = responseIn([value])
      if (response) breakOff(response)
    } catch {
      // Nothing of this object can be used.
    }
  }
}

const begun: BegunResponseOptions = {
  limitMs: mountLimits.mountedPageMs,
  onBrokenOff: () =>
    log.error(
      coded(
        'GPE_HANDLER_TOO_LATE',
        'metricsHandler got a response whose head was sent already, and destroyed the response. ' +
          'Call metricsHandler before anything else writes to the response.',
      ),
    ),
}
const notPreloaded: PageRefusal = {
  status: 503,
  text:
    'No metrics: gunicorn-prometheus-exporter is not preloaded in this process. Start the ' +
    'process with node --require gunicorn-prometheus-exporter/register, without ' +
    'OTEL_SDK_DISABLED, and mount the page in its main thread.',
}
const off: PageRefusal = {
  status: 503,
  text:
    'No metrics: the exporter of this process is switched off, by its configuration or by a ' +
    'fault in the configuration. The log on stderr shows the fault.',
}
const failed: PageRefusal = {
  status: 500,
  text:
    'No metrics: the exporter of this process cannot be loaded. The log on stderr shows the ' +
    'reason.',
}
const throwing: PageRefusal = {
  status: 500,
  text:
    'No metrics: the request or the response throws an error. The log on stderr shows the ' +
    'error.',
}
const unknown: PageRefusal = {
  status: 500,
  text:
    'No metrics: metricsHandler does not know the arguments of its call. The arguments must be ' +
    'request and response of Node.js, a Request of the Fetch API, or those of a framework in ' +
    'docs/preload.md.',
}
