import type { ServerHttp2Session } from 'node:http2'
import type { Server, Socket } from 'node:net'
import { collectLimits } from '../../limits/collect.ts'
import { guardedListener, replaceAtLimit } from '../../support/listeners/guarded-listener.ts'
import { type Stop, stopAll } from '../../support/stop.ts'
import { observeClientErrors } from './client-errors.ts'
import { HandedSockets, isAccepted } from './handed-sockets.ts'
import { observeListen } from './listening.ts'
import { ListeningServers } from './listening-servers.ts'
import { isHttp1Server, isHttp2Server, isHttpServer, isTlsServer } from './server-kind.ts'

export interface ServersOptions {
  /** Called when a server is observed, before its first request. Must not throw. */
  readonly onServer?: (server: Server) => void
  readonly onConnection: (socket: Socket) => void
  readonly onClientError: (socket: Socket, error: unknown) => void
  readonly onSession: (session: ServerHttp2Session) => void
  readonly onFault: (component: string) => void
  /** Most observed servers at the same time. Default: `collectLimits.servers`. */
  readonly limit?: number
}

/** An undocumented field of Node's servers: connections that the server accepted and that live. */
interface ServerInternals {
  readonly _connections?: unknown
}

/**
 * Finds the servers of this process when they listen or get a request, and follows the connections
 * of HTTP servers.
 */
export class Servers {
  readonly #options: ServersOptions
  readonly #limit: number
  readonly #stops: Stop[]
  /**
   * Bounded by `#limit`. A closed server is removed, and added again when the server listens again.
   */
  readonly #observed = new Map<Server, Stop>()
  readonly #others: ListeningServers
  readonly #handed = new HandedSockets()
  /** Servers that got a socket by `emit`. */
  readonly #fed = new WeakSet<Server>()

  constructor(options: ServersOptions) {
    this.#options = options
    this.#limit = options.limit ?? collectLimits.servers
    this.#others = new ListeningServers(this.#limit)
    const onFault = (): void => options.onFault('servers')
    this.#stops = [
      observeListen('asyncStart', ({ server }) => this.observe(server), onFault),
      observeListen('asyncEnd', ({ server }) => this.#addOther(server), onFault),
      // A failed server emits no 'close'. A later `listen()` adds the server again.
      observeListen('error', ({ server }) => this.#release(server), onFault),
    ]
  }

  stop(): void {
    stopAll(this.#stops)
    for (const server of this.#observed.keys()) this.#release(server)
  }

  /**
   * Observes a server without a call of `listen()`, such as a server that gets sockets by `emit`.
   * @param socket a connection of the server that was not observed from its start.
   */
  observe(server: Server, socket?: Socket): void {
    if (!isHttpServer(server)) {
      this.#addOther(server)
      return
    }
    if (!this.#observed.has(server)) this.#add(server)
    if (socket) this.#noteConnection(server, socket)
  }

  /** Open connections of the HTTP servers, and sockets that another process handed over. */
  connections(): number {
    let sum = this.#handed.count()
    for (const server of this.#observed.keys()) sum += acceptedBy(server)
    return sum
  }

  /** Whether this process takes connections: a server listens, or another process sends sockets. */
  get isListening(): boolean {
    if (this.#handed.hasSender || this.#others.isAny) return true
    return [...this.#observed.keys()].some(({ listening }) => listening)
  }

  #add(server: Server): void {
    this.#options.onServer?.(server)
    if (this.#observed.size >= this.#limit) this.#releaseFailed()
    if (this.#observed.size >= this.#limit) this.#options.onFault('servers_limit')
    else this.#observed.set(server, this.#follow(server))
  }

  #addOther(server: Server): void {
    if (server.listening && !isHttpServer(server)) this.#others.add(server)
  }

  /** If a primary refuses a port to its worker, only the server emits an event, not the channel. */
  #releaseFailed(): void {
    for (const server of this.#observed.keys()) if (!server.listening) this.#release(server)
  }

  #follow(server: Server): Stop {
    const { onConnection, onClientError, onSession, onFault } = this.#options
    const listen = guardedListener(onFault)
    const isTls = isTlsServer(server)
    const isPlain = isHttp1Server(server) && !isTls
    const stops = [
      replaceAtLimit(server, listen),
      listen(server, 'close', () => this.#closed(server)),
      listen(server, 'connection', (socket: Socket) => {
        this.#noteConnection(server, socket)
        if (isPlain) onConnection(socket)
      }),
    ]
    if (isHttp1Server(server)) {
      if (isTls) stops.push(listen(server, 'secureConnection', onConnection))
      stops.push(observeClientErrors(server, onClientError, onFault))
    }
    if (isHttp2Server(server)) stops.push(listen(server, 'session', onSession))
    return () => stopAll(stops)
  }

  #noteConnection(server: Server, socket: Socket): void {
    if (isAccepted(socket, server)) return
    this.#fed.add(server)
    this.addHanded(socket)
  }

  #closed(server: Server): void {
    // The process takes no more sockets, until the next one arrives.
    if (this.#fed.delete(server)) this.#handed.hasSender = false
    this.#release(server)
  }

  /** Adds a socket that another process or server handed over. */
  addHanded(socket: Socket): void {
    if (!this.#handed.add(socket)) this.#options.onFault('handed_sockets_limit')
  }

  #release(server: Server): void {
    this.#observed.get(server)?.()
    this.#observed.delete(server)
  }
}

/**
 * Connections that the server accepted from the system. Not `getConnections()`: in a primary that
 * hands sockets over, Node adds the connections of the workers to the count.
 */
function acceptedBy(server: Server): number {
  const { _connections: count } = server as ServerInternals
  return typeof count === 'number' ? count : 0
}
