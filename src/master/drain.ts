import { subscribe } from 'node:diagnostics_channel'
import { Server as HttpServer, type ServerResponse } from 'node:http'
import type { Http2Server, ServerHttp2Session } from 'node:http2'
import { Server } from 'node:net'

export interface DrainOptions {
  /** How long an idle connection is kept for another request, milliseconds. */
  readonly keepAliveMs: number
  /** Called once: every server is closed and every connection gone. */
  readonly onDrained: () => void
}

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
  #isDraining = false

  constructor(options: DrainOptions) {
    this.#options = options
    subscribe('tracing:net.server.listen:asyncStart', (message) => {
      this.#watch((message as { server: Server }).server)
    })
    subscribe('http.server.request.start', (message) => {
      if (!this.#isDraining) return
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
    setInterval(() => this.#closeIdle(), Math.max(keepAliveMs, 100)).unref()
    this.#check()
  }

  #watch(server: Server): void {
    if (this.#servers.has(server)) return
    this.#servers.add(server)
    server.once('close', () => {
      this.#servers.delete(server)
      this.#check()
    })
    if (server instanceof HttpServer || 'keepAliveTimeout' in server) this.#limitKeepAlive(server)
    if ('updateSettings' in server) this.#watchSessions(server as Http2Server)
    if (this.#isDraining) this.#close(server)
  }

  /** Unless the application set it. */
  #limitKeepAlive(server: Server): void {
    const http = server as HttpServer
    if (http.keepAliveTimeout === new HttpServer().keepAliveTimeout) {
      http.keepAliveTimeout = this.#options.keepAliveMs
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
  }

  #check(): void {
    if (this.#isDraining && this.#servers.size === 0) this.#options.onDrained()
  }
}
