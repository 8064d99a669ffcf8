import { subscribe } from 'node:diagnostics_channel'
import { Server as HttpServer, type ServerResponse } from 'node:http'
import type { Http2Server, ServerHttp2Session } from 'node:http2'
import { Server, type Socket } from 'node:net'

export interface DrainOptions {
  /** How long an idle connection is kept for another request, milliseconds; 0 = not at all. */
  readonly keepAliveMs: number
  /** Called once: every server is closed and every connection gone. */
  readonly onDrained: () => void
}

/** What a connection has at least before it counts as idle, milliseconds. */
const leastIdleMs = 500

/**
 * Ends a worker's service without failing a request. `server.close()` would cut idle keep-alive
 * connections, and with them requests that are on their way: here new connections go to other workers,
 * each connection's next response says `Connection: close`, and idle ones run out.
 */
export class Drain {
  readonly #options: DrainOptions
  /** Servers that listen; each leaves when it closes. */
  readonly #servers = new Set<Server>()
  /** Bounded by the open sessions. */
  readonly #sessions = new Set<ServerHttp2Session>()
  /** Bounded by the open connections. */
  readonly #sockets = new Set<Socket>()
  #isDraining = false

  constructor(options: DrainOptions) {
    this.#options = options
    subscribe('tracing:net.server.listen:asyncStart', (message) => {
      this.#watch((message as { server: Server }).server)
    })
    subscribe('http.server.request.start', (message) => {
      if (!this.#isDraining && this.#options.keepAliveMs > 0) return
      const { response } = message as { response: ServerResponse }
      response.shouldKeepAlive = false
    })
  }

  start(): void {
    if (this.#isDraining) return
    this.#isDraining = true
    for (const server of this.#servers) this.#close(server)
    for (const session of this.#sessions) session.close()
    const { keepAliveMs } = this.#options
    // By then a connection without a request has had its time, one whose answer is under way is not idle.
    setInterval(() => this.#closeIdle(), Math.max(keepAliveMs, leastIdleMs)).unref()
    this.#check()
  }

  #watch(server: Server): void {
    if (this.#servers.has(server)) return
    this.#servers.add(server)
    server.once('close', () => {
      this.#servers.delete(server)
      this.#check()
    })
    if ('keepAliveTimeout' in server) this.#limitKeepAlive(server as HttpServer)
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    if ('updateSettings' in server) this.#watchSessions(server as Http2Server)
    if (this.#isDraining) this.#close(server)
  }

  /** Unless the application set it. */
  #limitKeepAlive(server: HttpServer): void {
    const { keepAliveMs } = this.#options
    // Zero would mean for ever to Node; then every response ends its connection.
    if (keepAliveMs > 0 && server.keepAliveTimeout === new HttpServer().keepAliveTimeout) {
      server.keepAliveTimeout = keepAliveMs
    }
  }

  #watchSessions(server: Http2Server): void {
    server.on('session', (session) => {
      this.#sessions.add(session)
      session.once('close', () => this.#sessions.delete(session))
      if (this.#isDraining) session.close()
    })
  }

  #close(server: Server): void {
    Server.prototype.close.call(server)
  }

  #closeIdle(): void {
    for (const server of this.#servers) (server as Partial<HttpServer>).closeIdleConnections?.()
    // One that never sent a byte (a preconnect, a probe) is not idle to Node: it awaits its first request.
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy()
  }

  #check(): void {
    if (this.#isDraining && this.#servers.size === 0) this.#options.onDrained()
  }
}
