import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Server as HttpServer, type ServerResponse } from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import { Server, type Socket } from 'node:net'
import { masterLimits } from '../../limits/master.ts'
import { type Stop, stopAll } from '../../support/stop.ts'
import { closeAfter } from './last-response.ts'

export interface DrainOptions {
  /** How long an idle connection stays open for another request, milliseconds; 0 = not at all. */
  readonly keepAliveMs: number
  /** Called once, when every server has closed and every connection has ended. */
  readonly onDrained: () => void
  /** Repeats an act; default: `setInterval` without keeping the process alive. */
  readonly every?: (act: () => void, intervalMs: number) => Stop
}

interface ListenMessage {
  readonly server: Server
}

interface HttpMessage {
  readonly response: ServerResponse
  readonly socket: Socket
}

/** An accepted connection, or the decrypted connection inside a TLS connection. */
interface Connection {
  /** The latest unfinished response; a client that pipelines has several. */
  response: ServerResponse | undefined
  /** Bytes that the client had sent when the latest response finished. */
  bytesAnswered: number
  wasIdle: boolean
}

/**
 * Ends the service of a worker without a failed request. `server.close()` alone cuts idle
 * connections, and fails requests on the way. A draining worker accepts no new connection, ends
 * each connection with the next response, and closes connections that stay idle.
 */
export class Drain {
  readonly #options: DrainOptions
  readonly #stops: Stop[] = []
  /** Listening servers, each with the function that removes the listeners of the drain. */
  readonly #servers = new Map<Server, Stop>()
  /** Bounded by the open sessions. */
  readonly #sessions = new Set<ServerHttp2Session>()
  /** Bounded by the open connections; a TLS connection counts twice. */
  readonly #connections = new Map<Socket, Connection>()
  #phase: 'serving' | 'draining' | 'drained' = 'serving'

  constructor(options: DrainOptions) {
    this.#options = options
    // A drain does not wait for a late server: Node.js does not report every failed `listen()`.
    this.#on<ListenMessage>('tracing:net.server.listen:asyncStart', ({ server }) => {
      if (!this.#isDraining) this.#watch(server)
    })
    this.#on<ListenMessage>('tracing:net.server.listen:error', ({ server }) => {
      this.#release(server)
    })
    // At `asyncStart`, the server has no handle yet, and `close()` changes nothing.
    this.#on<ListenMessage>('tracing:net.server.listen:asyncEnd', ({ server }) => {
      if (this.#isDraining) close(server)
    })
    this.#on<HttpMessage>('http.server.request.start', ({ response, socket }) => {
      this.#track(socket).response = response
      if (this.#isDraining || options.keepAliveMs === 0) closeAfter(response)
    })
    this.#on<HttpMessage>('http.server.response.finish', ({ response, socket }) => {
      const connection = this.#connections.get(socket)
      if (connection?.response !== response) return
      connection.response = undefined
      connection.bytesAnswered = socket.bytesRead
    })
  }

  start(): void {
    if (this.#isDraining) return
    this.#phase = 'draining'
    for (const server of this.#servers.keys()) close(server)
    for (const session of this.#sessions) session.close()
    for (const { response } of this.#connections.values()) if (response) closeAfter(response)
    const { keepAliveMs, every = repeat } = this.#options
    this.#stops.push(every(() => this.#closeIdle(), Math.max(keepAliveMs, masterLimits.idleMs)))
    this.#check()
  }

  /** Leaves servers and connections as they are from now on. */
  stop(): void {
    stopAll(this.#stops)
    stopAll([...this.#servers.values()])
  }

  get #isDraining(): boolean {
    return this.#phase !== 'serving'
  }

  #on<Message>(channel: string, act: (message: Message) => void): void {
    const listener = (message: unknown): void => act(message as Message)
    subscribe(channel, listener)
    this.#stops.push(() => unsubscribe(channel, listener))
  }

  #watch(server: Server): void {
    if (this.#servers.has(server)) return
    const onClose = (): void => this.#release(server)
    const onConnection = (socket: Socket): unknown => this.#track(socket)
    const onSession = (session: ServerHttp2Session): void => this.#addSession(session)
    server.on('close', onClose).on('connection', onConnection)
    if ('updateSettings' in server) server.on('session', onSession)
    this.#servers.set(server, () => {
      server.off('close', onClose).off('connection', onConnection).off('session', onSession)
    })
    if ('keepAliveTimeout' in server) {
      this.#limitKeepAlive(server as HttpServer)
    }
  }

  #release(server: Server): void {
    const release = this.#servers.get(server)
    if (!release) return
    this.#servers.delete(server)
    release()
    this.#check()
  }

  /** A value of the application stays. */
  #limitKeepAlive(server: HttpServer): void {
    const { keepAliveMs } = this.#options
    // For Node.js, 0 means no limit. With 0, each response ends the connection instead.
    if (keepAliveMs > 0 && server.keepAliveTimeout === new HttpServer().keepAliveTimeout) {
      server.keepAliveTimeout = keepAliveMs
    }
  }

  #addSession(session: ServerHttp2Session): void {
    this.#sessions.add(session)
    session.once('close', () => this.#sessions.delete(session))
    if (this.#isDraining) session.close()
  }

  #track(socket: Socket): Connection {
    const known = this.#connections.get(socket)
    if (known) return known
    const connection: Connection = { response: undefined, bytesAnswered: 0, wasIdle: false }
    this.#connections.set(socket, connection)
    socket.once('close', () => this.#connections.delete(socket))
    return connection
  }

  /** Closes connections that were idle at the last call too: a request can be on its way. */
  #closeIdle(): void {
    for (const [socket, connection] of this.#connections) {
      // A connection without a byte (a preconnect, a probe) is idle. Half a request is not idle.
      const isIdle = !connection.response && socket.bytesRead === connection.bytesAnswered
      if (isIdle && connection.wasIdle) socket.destroy()
      connection.wasIdle = isIdle
    }
  }

  #check(): void {
    if (this.#phase !== 'draining' || this.#servers.size > 0) return
    this.#phase = 'drained'
    this.#options.onDrained()
  }
}

/** The method of `net.Server`: `http.Server#close` also cuts idle connections. */
function close(server: Server): void {
  Server.prototype.close.call(server)
}

function repeat(act: () => void, intervalMs: number): Stop {
  const timer = setInterval(act, intervalMs).unref()
  return () => clearInterval(timer)
}
