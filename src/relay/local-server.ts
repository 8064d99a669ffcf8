import { randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { clearTimeout, setTimeout } from '../support/intrinsics/timers.ts'
import { firstLine } from './first-line.ts'
import { LocalConnections } from './local-connections.ts'

/** Where a local server listens. The token shows that a process belongs to this service. */
export interface LocalAddress {
  readonly port: number
  /** 64 hexadecimal digits. */
  readonly token: string
}

/** A connection whose client has shown the token. */
export interface Greeting<Request> {
  /** Paused. Keeps the bytes after the first line. */
  readonly socket: Socket
  readonly request: Request
  /** The first line, without its newline. */
  readonly line: string
}

export interface LocalServerOptions<Request> {
  /** Connections at a time, and so descriptors of the process. */
  readonly connections: number
  /** Time for a connection to send its first line, milliseconds. */
  readonly lineMs: number
  readonly lineBytes: number
  /** Opens a first line. Returns undefined for any line of a client without the token. */
  readonly open: (token: string, line: string) => Request | undefined
  readonly onRequest: (greeting: Greeting<Request>) => void
  /** Called with undefined where the server cannot listen. */
  readonly onOpen: (address: LocalAddress | undefined) => void
  /**
   * `server`: the server cannot listen, or cannot accept a connection. `connections`: the server
   * has closed a connection for lack of room. `request`: a first line is late or wrong.
   */
  readonly onFault: (part: 'server' | 'connections' | 'request') => void
}

/**
 * A server on the loopback interface for processes that know a random token. Any local user can
 * connect: a client gets nothing before its first line.
 */
export class LocalServer<Request> {
  readonly #options: LocalServerOptions<Request>
  readonly token: string = randomBytes(32).toString('hex')
  readonly #connections: LocalConnections
  #server: Server | undefined

  constructor(options: LocalServerOptions<Request>) {
    this.#options = options
    this.#connections = new LocalConnections({
      limit: options.connections,
      onDropped: () => options.onFault('connections'),
    })
  }

  /** Makes the server listen. After a failure, the next call tries again. */
  open(): void {
    if (this.#server?.listening) this.#announce(this.#server)
    else this.#server ??= this.#listen()
  }

  close(): void {
    this.#server?.close()
    this.#server = undefined
  }

  #listen(): Server {
    const server = createServer((socket) => this.#accept(socket))
    server.on('listening', () => this.#announce(server))
    server.on('error', () => {
      this.#options.onFault('server')
      // The error of a listening server is about a connection that it cannot accept.
      if (server.listening) return
      this.#server = undefined
      this.#options.onOpen(undefined)
    })
    server.listen({ host: '127.0.0.1', port: 0, exclusive: true })
    return server
  }

  #announce(server: Server): void {
    const bound = server.address()
    if (typeof bound !== 'object' || !bound) return
    this.#options.onOpen({ port: bound.port, token: this.token })
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy())
    if (!this.#connections.add(socket)) return
    const deadline = setTimeout(() => socket.destroy(), this.#options.lineMs)
    socket.once('close', () => clearTimeout(deadline))
    this.#greet(socket, () => clearTimeout(deadline)).catch(() => {
      // A client that closes its connection without a request is no fault.
      if (!socket.destroyed && !socket.readableEnded) this.#options.onFault('request')
      socket.destroy()
    })
  }

  /** @throws for a first line without the token. */
  async #greet(socket: Socket, onLine: () => void): Promise<void> {
    const { lineBytes, open, onRequest } = this.#options
    const line = await firstLine(socket, lineBytes)
    const request = open(this.token, line)
    if (request === undefined) throw new Error('Invalid first line.')
    this.#connections.admit(socket)
    onLine()
    onRequest({ socket, request, line })
  }
}
