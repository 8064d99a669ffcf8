import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { limits } from '../limits.ts'
import { messageOf } from '../message-of.ts'
import { acceptsGzip, contentTypes, negotiateFormat } from './negotiate.ts'
import type { TextFormat } from './text.ts'

export interface EndpointOptions {
  readonly host: string
  /** 0 = any free port. */
  readonly port: number
  /** The page; may throw, which is answered with 503. */
  readonly page: (format: TextFormat) => string
  /** The status as JSON; may throw, which is answered with 503. */
  readonly status: () => string
  /** Called once per answered request for the page, with the answer's status. */
  readonly onScrape: (status: number) => void
  readonly onBound: (url: string) => void
  /** Called with every failed attempt to bind; another one follows. */
  readonly onBindFailed: (error: Error) => void
}

export interface Endpoint {
  readonly close: () => void
}

/** Serves the page on `/metrics` and the status on `/status`; a taken port is tried again, with growing pauses, until it is free. */
export function serveEndpoint(options: EndpointOptions): Endpoint {
  const server = createServer(serverOptions, (request, response) => {
    // A body is nothing we asked for; it must not fill memory either.
    request.resume()
    try {
      send(response, answer(request, options))
    } catch {
      response.destroy()
    }
  })
  server.maxConnections = limits.endpointConnections
  server.keepAliveTimeout = limits.endpointRequestMs
  let pauseMs: number = limits.bindRetryFirstMs
  let retry: NodeJS.Timeout | undefined
  const bind = (): void => {
    // An error may also be a connection's that could not be accepted.
    if (server.listening) return
    server.listen({ host: options.host, port: options.port, exclusive: true })
  }
  server.on('listening', () => options.onBound(urlOf(server, options.host)))
  server.on('error', (error) => {
    // Before the callback, which may close us.
    retry = setTimeout(bind, pauseMs)
    pauseMs = Math.min(2 * pauseMs, limits.bindRetryLastMs)
    options.onBindFailed(error)
  })
  bind()
  return {
    close() {
      clearTimeout(retry)
      server.close()
      server.closeAllConnections()
    },
  }
}

const serverOptions = {
  maxHeaderSize: 16_384,
  headersTimeout: limits.endpointRequestMs,
  requestTimeout: limits.endpointRequestMs,
  connectionsCheckingInterval: 1_000,
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | string
}

/** Connections with a page under way: pipelined requests for more would pile them up in memory. */
const busy = new WeakSet<Socket>()

function answer(request: IncomingMessage, options: EndpointOptions): Answer {
  const path = request.url?.split('?')[0]
  if (path !== '/metrics' && path !== '/status') return refusal(404, notFound)
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return refusal(405, 'Method not allowed. Use GET or HEAD.', { Allow: 'GET, HEAD' })
  }
  const show = path === '/metrics' ? showPage : showStatus
  const shown = busy.has(request.socket)
    ? refusal(503, 'One page at a time on a connection.')
    : show(request, options)
  if (path === '/metrics') options.onScrape(shown.status)
  return shown
}

const notFound =
  'Not found. The metrics are at /metrics, the workers and their last deaths at /status.'

function showPage({ headers }: IncomingMessage, { page }: EndpointOptions): Answer {
  try {
    const format = negotiateFormat(headers.accept)
    const body = Buffer.from(page(format))
    const described = { 'Content-Type': contentTypes[format], Vary: 'Accept, Accept-Encoding' }
    if (!acceptsGzip(headers['accept-encoding'])) return { status: 200, headers: described, body }
    return {
      status: 200,
      headers: { ...described, 'Content-Encoding': 'gzip' },
      // Level 1: three quarters of the gain for a third of the time. In this thread, where nobody waits:
      // the pool behind the asynchronous way is the application's too.
      body: gzipSync(body, { level: 1 }),
    }
  } catch (error) {
    return refusal(503, `The metrics cannot be shown: ${messageOf(error)}`)
  }
}

function showStatus(_request: IncomingMessage, { status }: EndpointOptions): Answer {
  // A death that a cache keeps to itself is one that nobody learns of.
  const unkept = { 'Cache-Control': 'no-store' }
  try {
    const headers = { 'Content-Type': 'application/json; charset=utf-8', ...unkept }
    return { status: 200, headers, body: status() }
  } catch (error) {
    return refusal(503, `The status cannot be shown: ${messageOf(error)}`, unkept)
  }
}

function refusal(status: number, text: string, headers: Record<string, string> = {}): Answer {
  const described = { 'Content-Type': 'text/plain; charset=utf-8', ...headers }
  return { status, headers: described, body: `${text}\n` }
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  const { socket, method } = response.req
  if (status === 200) {
    busy.add(socket)
    // Not by the socket's own timeout: one that writes and never reads would not be idle.
    const deadline = setTimeout(() => socket.destroy(), limits.endpointResponseMs)
    response.once('close', () => {
      clearTimeout(deadline)
      busy.delete(socket)
    })
  }
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) })
  response.end(method === 'HEAD' ? undefined : body)
}

function urlOf(server: Server, host: string): string {
  const address = server.address() as AddressInfo
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${address.port}/metrics`
}
