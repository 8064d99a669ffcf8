import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { limits } from '../limits.ts'
import { acceptsGzip, contentTypes, negotiateFormat } from './negotiate.ts'
import type { TextFormat } from './text.ts'

export interface EndpointOptions {
  readonly host: string
  /** 0 = any free port. */
  readonly port: number
  /** The page; may throw, which is answered with 503. */
  readonly page: (format: TextFormat) => string
  /** Called once per answered request for the page, with the answer's status. */
  readonly onScrape: (status: number) => void
  readonly onBound: (url: string) => void
  /** Called with every failed attempt to bind; another one follows. */
  readonly onBindFailed: (error: Error) => void
}

export interface Endpoint {
  readonly close: () => void
}

const compress = promisify(gzip)

/** Serves the page on `/metrics`; a taken port is tried again, with growing pauses, until it is free. */
export function serveEndpoint(options: EndpointOptions): Endpoint {
  const server = createServer(serverOptions, (request, response) => {
    answer(request, response, options).catch(() => response.destroy())
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

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: EndpointOptions,
): Promise<void> {
  // A body is nothing we asked for; it must not fill memory either.
  request.resume()
  const path = request.url?.split('?')[0]
  if (path !== '/metrics') return refuse(response, 404, 'Not found. The metrics are at /metrics.\n')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD')
    return refuse(response, 405, 'Method not allowed. Use GET or HEAD.\n')
  }
  await sendPage(request, response, options)
}

async function sendPage(
  request: IncomingMessage,
  response: ServerResponse,
  { page, onScrape }: EndpointOptions,
): Promise<void> {
  const format = negotiateFormat(request.headers.accept)
  let body: Buffer
  try {
    body = Buffer.from(page(format))
    if (acceptsGzip(request.headers['accept-encoding'])) {
      // Level 1: three quarters of the gain for a third of the time.
      body = await compress(body, { level: 1 })
      response.setHeader('Content-Encoding', 'gzip')
    }
  } catch (error) {
    onScrape(503)
    response.removeHeader('Content-Encoding')
    return refuse(response, 503, `The metrics cannot be shown: ${messageOf(error)}\n`)
  }
  onScrape(200)
  response.setHeader('Content-Type', contentTypes[format])
  response.setHeader('Vary', 'Accept, Accept-Encoding')
  response.setHeader('Content-Length', body.byteLength)
  response.end(request.method === 'HEAD' ? undefined : body)
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.setHeader('Content-Length', Buffer.byteLength(text))
  response.end(response.req.method === 'HEAD' ? undefined : text)
}

function urlOf(server: Server, host: string): string {
  const address = server.address() as AddressInfo
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${address.port}/metrics`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
