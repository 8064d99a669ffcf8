import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import type { PageRequest } from '../endpoint/page-request.ts'
import type { ReservedResponse } from '../endpoint/response-budget.ts'
import { endpointLimits } from '../limits/endpoint.ts'
import { mountLimits } from '../limits/mount.ts'
import { firstLine } from '../relay/first-line.ts'
import { LocalConnections } from '../relay/local-connections.ts'
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
  readonly #token = randomBytes(32).toString('hex')
  readonly #connections: LocalConnections
  #server: Server | undefined

  constructor(options: PageServerOptions) {
    this.#options = options
    this.#limits = options.limits ?? { ...mountLimits, ...endpointLimits }
    this.#connections = new LocalConnections({
      limit: this.#limits.pageServerConnections,
      onDropped: () => options.onFault('page_server_connections'),
    })
  }

  /** Makes the page server listen. After a failure, the next call tries again. */
  open(): void {
    if (this.#server?.listening) this.#announce(this.#server)
    else this.#server ??= this.#listen()
  }

  close(): void {
    this.#server?.close()
    this.#server = undefined
  }

  #listen(): Server {
    const server = createServer((socket) => this.#serve(socket))
    server.on('listening', () => this.#announce(server))
    server.on('error', () => {
      this.#options.onFault('page_server')
      // The error of a listening server is about a connection that it cannot accept.
      if (!server.listening) this.#server = undefined
    })
    server.listen({ host: '127.0.0.1', port: 0, exclusive: true })
    return server
  }

  #announce(server: Server): void {
    const bound = server.address()
    if (typeof bound !== 'object' || !bound) return
    this.#options.onOpen({ port: bound.port, token: this.#token })
  }

  #serve(socket: Socket): void {
    const { pageRequestMs, endpointResponseMs } = this.#limits
    socket.on('error', () => socket.destroy())
    if (!this.#connections.add(socket)) return
    let deadline = setTimeout(() => socket.destroy(), pageRequestMs)
    socket.once('close', () => clearTimeout(deadline))
    this.#respond(socket, () => {
      this.#connections.admit(socket)
      clearTimeout(deadline)
      deadline = setTimeout(() => socket.destroy(), endpointResponseMs)
    }).catch(() => {
      // A client that closes its connection without a request is no fault.
      if (!socket.destroyed && !socket.readableEnded) this.#options.onFault('page_request')
      socket.destroy()
    })
  }

  /** @throws for anything but a request with the token. */
  async #respond(socket: Socket, onRequest: () => void): Promise<void> {
    const line = await firstLine(socket, this.#limits.pageRequestBytes)
    const request = openRequest(this.#token, line)
    if (!request) throw new Error('Invalid page request.')
    onRequest()
    // Drops further bytes. A paused socket would not notice that the client ends.
    socket.resume()
    const response = await this.#options.respond(request)
    // The client may have closed the connection while the page was rendered.
    if (socket.destroyed) response.release?.()
    else {
      if (response.release) socket.once('close', response.release)
      const isHead = request.method === 'HEAD'
      send(socket, response, { isHead, headLine: (head) => headLine(this.#token, head, line) })
    }
  }
}

interface Sending {
  readonly isHead: boolean
  readonly headLine: (head: PageHead) => string
}

/** Writes the body without a copy: other clients may share the buffer. */
function send(
  socket: Socket,
  { status, headers, body }: ReservedResponse,
  { isHead, headLine }: Sending,
): void {
  const size = Buffer.byteLength(body)
  const described = { ...headers, 'Content-Length': String(size) }
  socket.write(headLine({ status, headers: described, bodyBytes: isHead ? 0 : size }))
  if (isHead) socket.end()
  else socket.end(body)
}
