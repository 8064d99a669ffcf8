import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Page, TextFormat } from '../exposition/text.ts'
import { endpointLimits } from '../limits/endpoint.ts'
import { messageOf } from '../support/error-message.ts'
import type { Access } from './access.ts'
import { type Address, urlOf } from './address.ts'
import { EndpointAuth, type FilesNews } from './auth.ts'
import { bind } from './binding.ts'
import { Connections, type DropReason } from './connections.ts'
import { PageCache } from './page-cache.ts'
import type { PageRequest } from './page-request.ts'
import { type EndpointResponse, textResponse } from './response.ts'
import { type ReservedResponse, ResponseBudget, unheld } from './response-budget.ts'
import { type Readiness, type Route, type RouteContent, routes, showPage } from './routes.ts'
import { type TlsFiles, tlsServerOptions } from './tls.ts'

export interface EndpointOptions {
  readonly address: Address
  /** Whether it listens; else it answers only what came in elsewhere. */
  readonly isBound: boolean
  /** Undefined = plain HTTP. */
  readonly tls: TlsFiles | undefined
  readonly access: Access
  readonly maxConnections: number
  /** How long a page is shared with later scrapes; 0 = only with those that wait for it. Milliseconds. */
  readonly pageMaxAgeMs: number
  /** The page; may throw, which is answered with 503. */
  readonly page: (format: TextFormat) => Page
  /** The status as JSON; may throw, which is answered with 503. */
  readonly status: (connections: number) => string
  /** May throw, which is answered with 503. */
  readonly readiness: () => Readiness
  /** Called once per answered request for the page, with the answer's status. */
  readonly onScrape: (status: number) => void
  readonly onBound: (url: string) => void
  /** Called with every failed attempt to bind; another one follows. */
  readonly onBindFailed: (error: Error) => void
  readonly onFiles: (news: FilesNews) => void
  /** Called with every certificate that comes into use: when it ends, Unix milliseconds. */
  readonly onCertificate: (expiresAt: number) => void
  readonly onDropped: (reason: DropReason) => void
}

export interface Endpoint {
  /** Answers a request for the page that came in elsewhere, under the same conditions and within the same bounds. */
  readonly answerPage: (request: PageRequest) => Promise<ReservedResponse>
  readonly close: () => void
}

/**
 * Serves the page on `/metrics`, the status on `/status` and the probes `/healthz` and `/readyz`. A
 * taken address, or files that are no good, are tried again, with growing pauses.
 */
export function serveEndpoint(options: EndpointOptions): Endpoint {
  const { address, tls, access } = options
  const connections = new Connections(options.maxConnections, options.onDropped)
  const handedOut = new ResponseBudget({ copies: tls !== undefined })
  const pages = new PageCache({ render: options.page, maxAgeMs: options.pageMaxAgeMs })
  const sources: RouteContent = {
    pages,
    status: () => options.status(connections.size),
    readiness: options.readiness,
  }
  const server = tls
    ? createTlsServer({ ...serverOptions, ...tlsServerOptions(tls, access.probesOpen) })
    : createServer(serverOptions)
  const gate = new EndpointAuth(server, options)
  server.keepAliveTimeout = endpointLimits.endpointRequestMs
  server.on('connection', (socket) => connections.add(socket))
  server.on('request', (request, response) => {
    // A body is nothing we asked for; it must not fill memory either.
    request.resume()
    try {
      const { onScrape } = options
      receive({ request, response, gate, sources, connections, handedOut, onScrape })
    } catch {
      response.destroy()
    }
  })
  const unbind = options.isBound
    ? bind({
        server,
        address,
        prepare: () => gate.open(),
        onBound: () => options.onBound(urlOf(address, server, tls ? 'https' : 'http')),
        onFailed: options.onBindFailed,
      })
    : openAlone(gate, options.onBindFailed)
  return {
    answerPage: (request) =>
      answerElsewhere(request, { gate, sources, handedOut, onScrape: options.onScrape }),
    close() {
      unbind()
      gate.close()
      pages.clear()
      server.close()
      connections.closeAll()
    },
  }
}

/** Where nothing is bound: with bad files everybody is refused. */
function openAlone(gate: EndpointAuth, onFailed: (error: Error) => void): () => void {
  try {
    gate.open()
  } catch (error) {
    onFailed(error instanceof Error ? error : new Error(messageOf(error)))
  }
  return () => {}
}

async function answerElsewhere(
  request: PageRequest,
  { gate, sources, handedOut, onScrape }: Elsewhere,
): Promise<ReservedResponse> {
  const refusal = gate.refusalElsewhere(request)
  const answer = refusal ?? (await pageFor(request, sources))
  const held = isBodiless(request.method, answer) ? unheld(answer) : handedOut.reserve(answer)
  onScrape(held.status)
  return { ...held, headers: { ...held.headers, ...unkept } }
}

type Elsewhere = Pick<Received, 'gate' | 'sources' | 'handedOut' | 'onScrape'>

function pageFor(
  { accept, acceptEncoding, query }: PageRequest,
  sources: RouteContent,
): Promise<EndpointResponse> {
  const headers = { accept, 'accept-encoding': acceptEncoding }
  return new Promise((resolve) => {
    showPage({ headers, query }, sources, resolve)
  })
}

/** A figure that a cache keeps to itself is one that nobody learns of. */
const unkept = { 'Cache-Control': 'no-store' }

const serverOptions = {
  maxHeaderSize: endpointLimits.endpointHeaderBytes,
  headersTimeout: endpointLimits.endpointRequestMs,
  requestTimeout: endpointLimits.endpointRequestMs,
  connectionsCheckingInterval: 1_000,
}

interface Received {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly gate: EndpointAuth
  readonly sources: RouteContent
  readonly connections: Connections
  readonly handedOut: ResponseBudget
  readonly onScrape: EndpointOptions['onScrape']
}

function receive(received: Received): void {
  const { request, response, gate, sources, connections, handedOut, onScrape } = received
  const { headers, url = '' } = request
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const query = mark < 0 ? '' : url.slice(mark + 1)
  const route = routes.get(path)
  const reply = (answer: EndpointResponse): void => {
    // Its client may have gone while the page was made.
    if (isGone(request, response)) return
    // A probe is answered whoever holds what.
    const isSmall = route?.kind === 'probe' || isBodiless(request.method, answer)
    const held = isSmall ? unheld(answer) : handedOut.reserve(answer)
    if (held.release) onceOver(response, request.socket, held.release)
    if (route?.kind === 'page' && isRead(request)) onScrape(held.status)
    send(response, held, gate.isOutdated(request.socket))
  }
  // Before anything else: what is there and what is not is nobody's business who may not see it.
  const refusal = gate.refusal(request, route?.kind === 'probe') ?? misdirection(request, route)
  if (refusal || !route) reply(refusal ?? notFound)
  else {
    if (route.kind !== 'probe') {
      // No refusal and no probe: whoever pipelines those and reads nothing may not keep others out.
      response.once('close', connections.begin(request.socket))
      occupy(request.socket, response)
    }
    route.show({ headers, query }, sources, reply)
  }
}

function isGone({ socket }: IncomingMessage, response: ServerResponse): boolean {
  return response.destroyed || socket.destroyed
}

/** In a pipeline one that still waits behind another has no 'close' of its own where the connection breaks. */
function onceOver(response: ServerResponse, socket: Socket, act: () => void): void {
  const over = (): void => {
    response.off('close', over)
    socket.off('close', over)
    act()
  }
  response.on('close', over)
  socket.on('close', over)
}

/** What is no page and no document is a sentence at most. */
function isBodiless(method: string | undefined, { status }: EndpointResponse): boolean {
  return method === 'HEAD' || status !== 200
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD'
}

const notFound = textResponse(
  404,
  'Not found. The metrics are at /metrics, the workers and their last deaths at /status, probes at /healthz and /readyz.',
)

/** Connections with a page under way: pipelined requests for more would pile them up in memory. */
const busy = new WeakSet<Socket>()

function misdirection(
  request: IncomingMessage,
  route: Route | undefined,
): EndpointResponse | undefined {
  if (!route) return notFound
  if (!isRead(request)) {
    return textResponse(405, 'Method not allowed. Use GET or HEAD.', { Allow: 'GET, HEAD' })
  }
  if (route.kind === 'probe' || !busy.has(request.socket)) return undefined
  return textResponse(503, 'One page at a time on a connection.')
}

function occupy(socket: Socket, response: ServerResponse): void {
  busy.add(socket)
  // Not by the socket's own timeout: one that writes and never reads would not be idle.
  const deadline = setTimeout(() => socket.destroy(), endpointLimits.endpointResponseMs)
  response.once('close', () => {
    clearTimeout(deadline)
    busy.delete(socket)
  })
}

/** @param isLast of its connection, which ends with it. */
function send(
  response: ServerResponse,
  { status, headers, body }: EndpointResponse,
  isLast: boolean,
): void {
  try {
    response.writeHead(status, {
      ...headers,
      ...unkept,
      'Content-Length': Buffer.byteLength(body),
      ...(isLast ? { Connection: 'close' } : {}),
    })
    response.end(response.req.method === 'HEAD' ? undefined : body)
  } catch {
    response.destroy()
  }
}
