import { subscribe } from 'node:diagnostics_channel'
import { Server as HttpServer, type ServerResponse } from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import { Server, type Socket } from 'node:net'
import { endWith } from './last-response.ts'

export interface DrainOptions {
  /** How long an idle connection is kept for another request, milliseconds; 0 = not at all. */
  readonly keepAliveMs: number
  /** Called once: every server is closed and every connection gone. */
  readonly onDrained: () => void
}

interface HttpMessage {
  readonly response: ServerResponse
  readonly socket: Socket
}

/** One that was accepted, or a client's within TLS. */
interface Connection {
  /** The last one that is under way: several are where requests are pipelined. */
  response: ServerResponse | undefined
  /** What the client had sent when all was answered, bytes. */
  answered: number
  wasIdle: boolean
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
  /** Servers that listen, each with what lets go of it; it leaves when it closes, or cannot listen. */
  readonly #servers = new Map<Server, () => void>()
  /** Bounded by the open sessions. */
  readonly #sessions = new Set<ServerHttp2Session>()
  /** Bounded by the open connections, those within TLS as well. */
  readonly #connections = new Map<Socket, Connection>()
  #isDraining = false

  constructor(options: DrainOptions) {
    this.#options = options
    subscribe('tracing:net.server.listen:asyncStart', (message) => {
      this.#watch((message as { server: Server }).server)
    })
    subscribe('tracing:net.server.listen:error', (message) => {
      this.#release((message as { server: Server }).server)
    })
    subscribe('http.server.request.start', (message) => {
      const { response, socket } = message as HttpMessage
      this.#follow(socket).response = response
      if (this.#isDraining || this.#options.keepAliveMs === 0) endWith(response)
    })
    subscribe('http.server.response.finish', (message) => {
      const { response, socket } = message as HttpMessage
      const connection = this.#connections.get(socket)
      if (connection?.response !== response) return
      connection.response = undefined
      connection.answered = socket.bytesRead
    })
  }

  start(): void {
    if (this.#isDraining) return
    this.#isDraining = true
    for (const server of this.#servers.keys()) this.#close(server)
    for (const session of this.#sessions) session.close()
    for (const { response } of this.#connections.values()) if (response) endWith(response)
    const { keepAliveMs } = this.#options
    setInterval(() => this.#closeIdle(), Math.max(keepAliveMs, leastIdleMs)).unref()
    this.#check()
  }

  #watch(server: Server): void {
    if (this.#servers.has(server)) return
    const onClose = (): void => this.#release(server)
    const onConnection = (socket: Socket): unknown => this.#follow(socket)
    const onSession = (session: ServerHttp2Session): void => this.#noteSession(session)
    server.on('close', onClose).on('connection', onConnection)
    if ('updateSettings' in server) server.on('session', onSession)
    this.#servers.set(server, () => {
      server.off('close', onClose).off('connection', onConnection).off('session', onSession)
    })
    if ('keepAliveTimeout' in server) this.#limitKeepAlive(server as HttpServer)
    if (this.#isDraining) this.#close(server)
  }

  #release(server: Server): void {
    const release = this.#servers.get(server)
    if (!release) return
    this.#servers.delete(server)
    release()
    this.#check()
  }

  /** Unless the application set it. */
  #limitKeepAlive(server: HttpServer): void {
    const { keepAliveMs } = this.#options
    // Zero would mean for ever to Node; then every response ends its connection.
    if (keepAliveMs > 0 && server.keepAliveTimeout === new HttpServer().keepAliveTimeout) {
      server.keepAliveTimeout = keepAliveMs
    }
  }

  #noteSession(session: ServerHttp2Session): void {
    this.#sessions.add(session)
    session.once('close', () => this.#sessions.delete(session))
    if (this.#isDraining) session.close()
  }

  #close(server: Server): void {
    Server.prototype.close.call(server)
  }

  #follow(socket: Socket): Connection {
    const known = this.#connections.get(socket)
    if (known) return known
    const connection: Connection = { response: undefined, answered: 0, wasIdle: false }
    this.#connections.set(socket, connection)
    socket.once('close', () => this.#connections.delete(socket))
    return connection
  }

  /** Ends those that are idle for the second time: one that just became so may have a request on its way. */
  #closeIdle(): void {
    for (const [socket, connection] of this.#connections) {
      // One that never sent a byte (a preconnect, a probe) is idle as well; half a request is none.
      const isIdle = !connection.response && socket.bytesRead === connection.answered
      if (isIdle && connection.wasIdle) socket.destroy()
      connection.wasIdle = isIdle
    }
  }

  #check(): void {
    if (this.#isDraining && this.#servers.size === 0) this.#options.onDrained()
  }
}
