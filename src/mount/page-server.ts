import type { Socket } from 'node:net'
import { writeParts } from '../endpoint/body/write-parts.ts'
import type { PageRequest } from '../endpoint/page-request.ts'
import { bytesOf, isInParts } from '../endpoint/response.ts'
import type { ReservedResponse } from '../endpoint/response-budget.ts'
import { endpointLimits } from '../limits/endpoint.ts'
import { mountLimits } from '../limits/mount.ts'
import { type Greeting, LocalServer } from '../relay/local-server.ts'
import type { PageServerAddress } from '../relay/page-server-address.ts'
import { headLine, openRequest, type PageHead } from './page-protocol.ts'

export interface PageServerLimits {
  readonly pageServerConnections: number
  readonly pageRequestMs: number
  readonly pageRequestBytes: number
  readonly endpointResponseMs: number
}

export interface PageServerOptions {
  readonly respond: (request: PageRequest) => ReservedResponse | Promise<ReservedResponse>
  /** Default: `mountLimits` and `endpointLimits`. */
  readonly limits?: PageServerLimits
  /** Called after each `open()`, once the page server listens. */
  readonly onOpen: (address: PageServerAddress) => void
  readonly onFault: (part: string) => void
}

/** Sends pages over the loopback interface to handlers in the application's processes. */
export class PageServer {
  readonly #options: PageServerOptions
  readonly #limits: PageServerLimits
  readonly #server: LocalServer<PageRequest>

  constructor(options: PageServerOptions) {
    this.#options = options
    const { limits = { ...mountLimits, ...endpointLimits }, onOpen, onFault } = options
    this.#limits = limits
    this.#server = new LocalServer({
      connections: limits.pageServerConnections,
      lineMs: limits.pageRequestMs,
      lineBytes: limits.pageRequestBytes,
      open: openRequest,
      onRequest: (greeting) => this.#serve(greeting),
      onOpen: (address) => address && onOpen(address),
      onFault: (part) => onFault(faultParts[part]),
    })
  }

  /** Makes the page server listen. After a failure, the next call tries again. */
  open(): void {
    this.#server.open()
  }

  close(): void {
    this.#server.close()
  }

  #serve(greeting: Greeting<PageRequest>): void {
    const { socket } = greeting
    const deadline = setTimeout(() => socket.destroy(), this.#limits.endpointResponseMs)
    socket.once('close', () => clearTimeout(deadline))
    this.#respond(greeting).catch(() => {
      if (!socket.destroyed && !socket.readableEnded) this.#options.onFault(faultParts.request)
      socket.destroy()
    })
  }

  async #respond({ socket, request, line }: Greeting<PageRequest>): Promise<void> {
    // Drops further bytes. A paused socket would not notice that the client ends.
    socket.resume()
    const response = await this.#options.respond(request)
    // The client may have closed the connection while the page was rendered.
    if (socket.destroyed) response.release?.()
    else {
      if (response.release) socket.once('close', response.release)
      const isHead = request.method === 'HEAD'
      const { token } = this.#server
      send(socket, response, { isHead, headLine: (head) => headLine(token, head, line) })
    }
  }
}

/** The names of the faults on the page. */
const faultParts = {
  server: 'page_server',
  connections: 'page_server_connections',
  request: 'page_request',
} as const

interface Sending {
  readonly isHead: boolean
  readonly headLine: (head: PageHead) => string
}

/** Writes the body without a copy: other clients may share the bytes. */
function send(
  socket: Socket,
  { status, headers, body }: ReservedResponse,
  { isHead, headLine }: Sending,
): void {
  const size = bytesOf(body)
  const described = { ...headers, 'Content-Length': String(size) }
  socket.write(headLine({ status, headers: described, bodyBytes: isHead ? 0 : size }))
  if (isHead) socket.end()
  else if (isInParts(body)) writeParts(socket, body.parts)
  else socket.end(body)
}
