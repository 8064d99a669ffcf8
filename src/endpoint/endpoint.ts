import { createServer, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Page } from '../exposition/page.ts'
import type { TextFormat } from '../exposition/text-format.ts'
import { type EndpointLimits, endpointLimits } from '../limits/endpoint.ts'
import type { InParts } from '../model/page/in-parts.ts'
import { messageOf } from '../support/error-message.ts'
import type { Stop } from '../support/stop.ts'
import type { Access } from './access.ts'
import { EndpointAuth, type FilesStatus } from './auth.ts'
import { type Address, urlOf } from './bind/address.ts'
import { BindFailures } from './bind/bind-failures.ts'
import { bind } from './bind/binding.ts'
import { EndpointSocket } from './bind/endpoint-socket.ts'
import { Connections, type DropReason } from './connections.ts'
import { type Details, detailsOf, trustsHost } from './details.ts'
import type { LiveContent } from './live-content.ts'
import type { EndpointNames } from './names.ts'
import { PageCache } from './page-cache.ts'
import type { PageRequest } from './page-request.ts'
import { RequestHandler } from './request-handler.ts'
import { type ReservedResponse, ResponseBudget } from './response-budget.ts'
import type { Readiness } from './routes.ts'
import { type TlsFiles, tlsServerOptions } from './tls.ts'

export interface EndpointOptions {
  readonly address: Address
  /** For messages. */
  readonly names: EndpointNames
  /** Whether the endpoint listens. Otherwise, only requests of other servers get a response. */
  readonly isBound: boolean
  /** Undefined: plain HTTP. */
  readonly tls: TlsFiles | undefined
  readonly access: Access
  readonly maxConnections: number
  /** Maximum age of a page for later scrapes, milliseconds. 0: only waiting scrapes share. */
  readonly pageMaxAgeMs: number
  /** Default: `endpointLimits`. */
  readonly limits?: EndpointLimits
  /** Renders the page. When this function throws, the response has status 503. */
  readonly page: (format: TextFormat) => InParts<Page>
  /** Called before rendering, as in `PageCacheOptions`. */
  readonly freshen?: () => Promise<unknown> | undefined
  /** The status as JSON. When this function throws, the response has status 503. */
  readonly status: (connections: number, details: Details) => string
  /** When this function throws, the response has status 503. */
  readonly readiness: () => Readiness
  /** The live page on `/`, and its data; undefined without the page. */
  readonly live?: LiveContent | undefined
  /** Called with the status of each response to a page request. */
  readonly onScrape: (status: number) => void
  /** Called when a client of this endpoint has got a whole page. */
  readonly onDelivered?: () => void
  readonly onBound: (url: string) => void
  /** Called with each failed attempt to listen; another attempt follows. */
  readonly onBindFailed: (error: Error) => void
  readonly onFiles: (status: FilesStatus) => void
  /** Called with the end of each new certificate, Unix milliseconds. */
  readonly onCertificate: (expiresAt: number) => void
  readonly onDropped: (reason: DropReason) => void
}

export interface Endpoint {
  /** Responds to a page request of another server, with the same access checks and bounds. */
  readonly respond: (request: PageRequest) => Promise<ReservedResponse>
  /**
   * Opens or closes the address. Requests of other servers get a response all the same.
   * @param descriptor a listening socket, to use in place of the address.
   */
  readonly setListening: (isListening: boolean, descriptor?: number) => void
  /** The descriptor of the listening socket; undefined where the endpoint does not listen. */
  readonly descriptor: () => number | undefined
  /**
   * Accepts no new connection. Each open connection ends after its next response. The file of a
   * unix socket stays.
   */
  readonly release: Stop
  /** Makes the next request render a new page. */
  readonly refresh: () => void
  readonly close: Stop
}

/**
 * Serves the page on `/metrics`, the status on `/status`, the probes `/healthz` and `/readyz`, and
 * the live page on `/`. While the address is taken or files are invalid, the endpoint tries again
 * with growing pauses.
 */
export function serveEndpoint(options: EndpointOptions): Endpoint {
  const { tls, isBound, limits = endpointLimits } = options
  const connections = new Connections(options.maxConnections, options.onDropped)
  const { page: render, freshen, pageMaxAgeMs: maxAgeMs } = options
  const pages = new PageCache({ render, freshen, maxAgeMs })
  const server = serverOf(options, limits)
  const auth = new EndpointAuth(server, { ...options, limits })
  const { live } = options
  const details = (host?: string): Details => detailsOf({ ...options, server }, host)
  const handler = new RequestHandler({
    auth,
    content: {
      pages,
      status: (host) => options.status(connections.size, details(host)),
      readiness: options.readiness,
      live: live && {
        ...live,
        trustsHost: (host) => trustsHost({ ...options, server }, host),
        document: (query) =>
          live.document(query, { connections: connections.size, details: details() }),
      },
    },
    connections,
    budget: new ResponseBudget({ copies: tls !== undefined, limits }),
    responseMs: limits.endpointResponseMs,
    onScrape: options.onScrape,
    onDelivered: options.onDelivered ?? (() => {}),
  })
  const socket = new EndpointSocket({
    server,
    address: options.address,
    bind: (descriptor) => listen({ server, auth, limits, descriptor }, options),
    onClose: () => connections.closeAll(),
  })
  answer({ server, connections, handler, socket })
  if (isBound) socket.setListening(true)
  else openUnbound(auth, options.onBindFailed)
  return endpointOf({ socket, handler, pages, auth })
}

interface AnsweringParts {
  readonly server: Server
  readonly connections: Connections
  readonly handler: RequestHandler
  readonly socket: EndpointSocket
}

function answer({ server, connections, handler, socket }: AnsweringParts): void {
  server.on('connection', (connection) => connections.add(connection))
  server.on('request', (request, response) => {
    // The client's next connection reaches another process.
    if (socket.isReleased) response.setHeader('Connection', 'close')
    handler.handle(request, response)
  })
  // An error of a stopped binding, which would end the process.
  server.on('error', () => {})
}

interface EndpointParts {
  readonly socket: EndpointSocket
  readonly handler: RequestHandler
  readonly pages: PageCache
  readonly auth: EndpointAuth
}

function endpointOf({ socket, handler, pages, auth }: EndpointParts): Endpoint {
  return {
    respond: (request) => handler.respond(request),
    refresh: () => pages.clear(),
    setListening: (isListening, descriptor) => socket.setListening(isListening, descriptor),
    descriptor: () => socket.descriptor,
    release() {
      socket.release()
      pages.clear()
    },
    close() {
      socket.setListening(false)
      auth.close()
      pages.clear()
    },
  }
}

function serverOf({ tls, access }: EndpointOptions, limits: EndpointLimits): Server {
  const plain: ServerOptions = {
    maxHeaderSize: limits.endpointHeaderBytes,
    headersTimeout: limits.endpointRequestMs,
    requestTimeout: limits.endpointRequestMs,
    keepAliveTimeout: limits.endpointRequestMs,
    connectionsCheckingInterval: limits.endpointRequestCheckMs,
  }
  if (!tls) return createServer(plain)
  const handshakeMs = limits.endpointHandshakeMs
  const { probesOpen } = access
  return createTlsServer({ ...plain, ...tlsServerOptions({ files: tls, probesOpen, handshakeMs }) })
}

interface ServerParts {
  readonly server: Server
  readonly auth: EndpointAuth
  readonly limits: EndpointLimits
  readonly descriptor: number | undefined
}

function listen({ server, auth, limits, descriptor }: ServerParts, options: EndpointOptions): Stop {
  const { address, tls, names, onBound, onBindFailed } = options
  const failures = new BindFailures({ address, names })
  return bind({
    server,
    address,
    descriptor,
    limits,
    prepare: () => auth.open(),
    onBound() {
      failures.reset()
      onBound(urlOf(address, server, tls ? 'https' : 'http'))
    },
    onFailed: (error) => onBindFailed(failures.explained(error)),
  })
}

/** With invalid files, an endpoint without a binding refuses every request. */
function openUnbound(auth: EndpointAuth, onFailed: (error: Error) => void): void {
  try {
    auth.open()
  } catch (error) {
    onFailed(error instanceof Error ? error : new Error(messageOf(error)))
  }
}
