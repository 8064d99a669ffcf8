import type { ServerHttp2Session } from 'node:http2'
import type { Server, Socket } from 'node:net'
import { collectLimits } from '../../limits/collect.ts'
import { guardedListener } from '../../support/guarded-listener.ts'
import { type Stop, stopAll } from '../../support/stop.ts'
import { observeClientErrors } from './client-errors.ts'
import { observeListen } from './listening.ts'
import { isHttp1Server, isHttp2Server, isHttpServer, isTlsServer } from './server-kind.ts'

export interface ServersOptions {
  /** Called when a server is observed, before its first request. Must not throw. */
  readonly onServer?: () => void
  readonly onConnection: (socket: Socket) => void
  readonly onClientError: (socket: Socket, error: unknown) => void
  readonly onSession: (session: ServerHttp2Session) => void
  readonly onFault: (component: string) => void
  /** Most observed servers at the same time. Default: `collectLimits.servers`. */
  readonly limit?: number
}

interface Observed {
  readonly stop: Stop
  connections: number
  isCounting: boolean
}

/**
 * Finds the HTTP servers of this process when the servers listen, and follows their connections.
 */
export class Servers {
  readonly #options: ServersOptions
  readonly #limit: number
  readonly #stops: Stop[]
  /**
   * Bounded by `#limit`. A closed server is removed, and added again when the server listens again.
   */
  readonly #observed = new Map<Server, Observed>()

  constructor(options: ServersOptions) {
    this.#options = options
    this.#limit = options.limit ?? collectLimits.servers
    const onFault = (): void => options.onFault('servers')
    this.#stops = [
      observeListen('asyncStart', ({ server }) => this.observe(server), onFault),
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
   */
  observe(server: Server): void {
    if (this.#observed.has(server) || !isHttpServer(server)) return
    this.#options.onServer?.()
    if (this.#observed.size >= this.#limit) this.#releaseFailed()
    if (this.#observed.size >= this.#limit) this.#options.onFault('servers_limit')
    else
      this.#observed.set(server, { stop: this.#follow(server), connections: 0, isCounting: false })
  }

  /** Open connections of all observed servers. */
  connections(): number {
    let sum = 0
    for (const [server, observed] of this.#observed) {
      // The callback runs a tick later, so this sum contains the count of the previous report.
      sum += observed.connections
      // Node also asks child processes with sockets of the server. The answer can take long.
      if (observed.isCounting) continue
      observed.isCounting = true
      server.getConnections((error, count) => {
        observed.isCounting = false
        if (!error) observed.connections = count
      })
    }
    return sum
  }

  /** If a primary refuses a port to its worker, only the server emits an event, not the channel. */
  #releaseFailed(): void {
    for (const server of this.#observed.keys()) if (!server.listening) this.#release(server)
  }

  #follow(server: Server): Stop {
    const { onConnection, onClientError, onSession, onFault } = this.#options
    const listen = guardedListener(onFault)
    const stops = [listen(server, 'close', () => this.#release(server))]
    if (isHttp1Server(server)) {
      const event = isTlsServer(server) ? 'secureConnection' : 'connection'
      stops.push(listen(server, event, onConnection))
      stops.push(observeClientErrors(server, onClientError))
    }
    if (isHttp2Server(server)) stops.push(listen(server, 'session', onSession))
    return () => stopAll(stops)
  }

  #release(server: Server): void {
    this.#observed.get(server)?.stop()
    this.#observed.delete(server)
  }
}
