import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { EndpointAuth } from './auth.ts'
import { writeParts } from './body/write-parts.ts'
import type { Connections } from './connections.ts'
import { notFoundWithLive, routesWithLive } from './live-routes.ts'
import type { PageRequest } from './page-request.ts'
import { bytesOf, type EndpointResponse, isInParts, textResponse } from './response.ts'
import { type ReservedResponse, type ResponseBudget, unreserved } from './response-budget.ts'
import { handlePage, places, type Route, type RouteContent, routes } from './routes.ts'

export interface RequestHandlerOptions {
  readonly auth: Pick<EndpointAuth, 'refusal' | 'forwardedRefusal' | 'isOutdated'>
  readonly content: RouteContent
  readonly connections: Pick<Connections, 'begin' | 'isCrowded'>
  readonly budget: ResponseBudget
  /** Time for a client to receive a response, milliseconds. */
  readonly responseMs: number
  /** Called with the status of each response to a page request. */
  readonly onScrape: (status: number) => void
  /** Called when a client has got a whole page. */
  readonly onDelivered: () => void
}

/** Responds to requests of the endpoint's own server, and to page requests of other servers. */
export class RequestHandler {
  readonly #options: RequestHandlerOptions
  readonly #notFound: EndpointResponse
  readonly #routes: ReadonlyMap<string, Route>
  /** Connections with a page under way. Pipelined page requests would pile up in memory. */
  readonly #busy = new WeakSet<Socket>()

  constructor(options: RequestHandlerOptions) {
    this.#options = options
    const { live } = options.content
    this.#notFound = live ? notFoundWithLive : notFound
    this.#routes = live ? routesWithLive : routes
  }

  /** Responds to a request. Never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    // Reads and drops the request body: the endpoint needs no body, and must not keep one.
    request.resume()
    try {
      this.#route(request, response)
    } catch {
      response.destroy()
    }
  }

  /** Responds to a page request of another server, with the same access checks and bounds. */
  async respond(request: PageRequest): Promise<ReservedResponse> {
    const { auth, content, budget, onScrape } = this.#options
    const response = auth.forwardedRefusal(request) ?? (await pageFor(request, content))
    const isSmall = isBodiless(request.method, response)
    const reserved = isSmall ? unreserved(response) : budget.reserve(response)
    onScrape(reserved.status)
    return { ...reserved, headers: { ...reserved.headers, ...uncached } }
  }

  #route(request: IncomingMessage, response: ServerResponse): void {
    const { auth, content, connections } = this.#options
    const { path, query } = targetOf(request)
    const route = this.#routes.get(path)
    const reply = (body: EndpointResponse): void => this.#reply({ request, response, route }, body)
    // Access comes first: a client without access does not learn which paths exist.
    const refusal = auth.refusal(request, route?.kind === 'probe') ?? this.#fault(request, route)
    if (refusal || !route) {
      reply(refusal ?? this.#notFound)
      return
    }
    if (route.kind !== 'probe') {
      // Errors and probes do not count: a pipeline of errors could keep other clients out.
      response.once('close', connections.begin(request.socket))
      this.#occupy(request.socket, response)
    }
    route.handle({ headers: request.headers, query }, content, reply)
  }

  #reply({ request, response, route }: Exchange, reply: EndpointResponse): void {
    const { budget, onScrape } = this.#options
    // The client may have closed the connection while the page was rendered.
    if (response.destroyed || request.socket.destroyed) {
      reply.release?.()
      return
    }
    // A probe gets a response even when slow clients use up the budget.
    const isSmall = route?.kind === 'probe' || isBodiless(request.method, reply)
    const reserved = isSmall ? unreserved(reply) : budget.reserve(reply)
    if (reserved.release) onceClosed(response, request.socket, reserved.release)
    if (route?.kind === 'page' && isReading(request)) {
      onScrape(reserved.status)
      if (reserved.status === 200) response.once('finish', this.#options.onDelivered)
    }
    send(response, reserved, this.#isLast(request.socket, route))
  }

  /** Whether the connection ends after the response. Open live pages leave room for scrapers. */
  #isLast(socket: Socket, route: Route | undefined): boolean {
    const { auth, connections } = this.#options
    return (route?.isLive === true && connections.isCrowded) || auth.isOutdated(socket)
  }

  #fault(request: IncomingMessage, route: Route | undefined): EndpointResponse | undefined {
    if (!route) return this.#notFound
    if (!isReading(request)) return notAllowed
    return route.kind !== 'probe' && this.#busy.has(request.socket) ? pageUnderWay : undefined
  }

  #occupy(socket: Socket, response: ServerResponse): void {
    this.#busy.add(socket)
    // The socket's own timeout does not help: a client that writes without reading is not idle.
    const deadline = setTimeout(() => socket.destroy(), this.#options.responseMs)
    response.once('close', () => {
      clearTimeout(deadline)
      this.#busy.delete(socket)
    })
  }
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly route: Route | undefined
}

/** Caches would hide the current values. */
const uncached = { 'Cache-Control': 'no-store' }

const notFound = textResponse(404, `Not found. ${places}.`)
const notAllowed = textResponse(405, 'Method not allowed. Use GET or HEAD.', {
  Allow: 'GET, HEAD',
})
const pageUnderWay = textResponse(
  503,
  'This connection has another page under way. Request one page at a time.',
)

function targetOf({ url = '' }: IncomingMessage): {
  readonly path: string
  readonly query: string
} {
  const mark = url.indexOf('?')
  if (mark < 0) return { path: url, query: '' }
  return { path: url.slice(0, mark), query: url.slice(mark + 1) }
}

function pageFor(
  { accept, acceptEncoding, query }: PageRequest,
  content: RouteContent,
): Promise<EndpointResponse> {
  const headers = { accept, 'accept-encoding': acceptEncoding }
  return new Promise((resolve) => {
    handlePage({ headers, query }, content, resolve)
  })
}

/**
 * A pipelined response that waits for another response emits no 'close' when the connection
 * breaks. Otherwise, the 'close' of the socket emits the 'close' of the response, and both arrive.
 */
function onceClosed(response: ServerResponse, socket: Socket, act: () => void): void {
  let isClosed = false
  const onClose = (): void => {
    if (isClosed) return
    isClosed = true
    response.off('close', onClose)
    socket.off('close', onClose)
    act()
  }
  response.on('close', onClose)
  socket.on('close', onClose)
}

/** The body of an error response is a sentence, too small to count. */
function isBodiless(method: string | undefined, { status }: EndpointResponse): boolean {
  return method === 'HEAD' || status !== 200
}

function isReading({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** @param isLast whether the connection ends after this response. */
function send(
  response: ServerResponse,
  { status, headers, body }: EndpointResponse,
  isLast: boolean,
): void {
  try {
    response.writeHead(status, {
      ...uncached,
      ...headers,
      ...(status === 304 ? {} : { 'Content-Length': bytesOf(body) }),
      ...(isLast ? { Connection: 'close' } : {}),
    })
    if (response.req.method === 'HEAD') response.end()
    else if (isInParts(body)) writeParts(response, body.parts)
    else response.end(body)
  } catch {
    response.destroy()
  }
}
