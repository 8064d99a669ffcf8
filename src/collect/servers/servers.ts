import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Server as HttpServer } from 'node:http'
import type { Http2Server, ServerHttp2Session } from 'node:http2'
import type { Server, Socket } from 'node:net'
import { collectLimits } from '../../limits/collect.ts'
import { guardedListener } from '../../support/guarded-listener.ts'
import { type Stop, stopAll } from '../../support/stop.ts'
import { observeClientErrors } from './client-errors.ts'

export interface ServersOptions {
  readonly onConnection: (socket: Socket) => void
  readonly onClientError: (socket: Socket, error: unknown) => void
  readonly onSession: (session: ServerHttp2Session) => void
  readonly onFault: (part: string) => void
}

interface Observed {
  readonly stop: Stop
  connections: number
  isCounting: boolean
}

const listening = 'tracing:net.server.listen:asyncStart'
const failed = 'tracing:net.server.listen:error'

/**
 * Finds the process's HTTP servers when they listen and follows their connections. `node:net`
 * publishes every `listen()`; a server is recognised by its shape, so that a process without HTTP
 * never loads `node:http` because of us.
 */
export class Servers {
  readonly #options: ServersOptions
  /** Bounded by collectLimits.servers; a server leaves when it closes and comes back when it listens again. */
  readonly #observed = new Map<Server, Observed>()

  constructor(options: ServersOptions) {
    this.#options = options
    subscribe(listening, this.#onListen)
    subscribe(failed, this.#onFailure)
  }

  stop(): void {
    unsubscribe(listening, this.#onListen)
    unsubscribe(failed, this.#onFailure)
    for (const server of this.#observed.keys()) this.#release(server)
  }

  /** Observes a server that was not seen listening, for example one fed by hand. */
  adopt(server: Server): void {
    if (this.#observed.has(server) || !isHttpServer(server)) return
    if (this.#observed.size >= collectLimits.servers) this.#releaseFailed()
    if (this.#observed.size >= collectLimits.servers) this.#options.onFault('servers_limit')
    else
      this.#observed.set(server, { stop: this.#follow(server), connections: 0, isCounting: false })
  }

  /** Open connections of all observed servers. */
  connections(): number {
    let sum = 0
    for (const [server, seen] of this.#observed) {
      // The callback comes a tick later: the figure is at most that of the previous report.
      sum += seen.connections
      // A child process that holds sockets of the server is asked too, and may not answer for long.
      if (seen.isCounting) continue
      seen.isCounting = true
      server.getConnections((error, count) => {
        seen.isCounting = false
        if (!error) seen.connections = count
      })
    }
    return sum
  }

  readonly #onListen = (message: unknown): void => {
    try {
      this.adopt((message as { server: Server }).server)
    } catch {
      this.#options.onFault('servers')
    }
  }

  /** It emits no 'close'; and should it listen in another place, as some do then, it is told of again. */
  readonly #onFailure = (message: unknown): void => {
    this.#release((message as { server: Server }).server)
  }

  /** A cluster worker whom its primary refuses a port hears of it by an event of the server's alone. */
  #releaseFailed(): void {
    for (const server of this.#observed.keys()) if (!server.listening) this.#release(server)
  }

  #follow(server: Server): Stop {
    const { onConnection, onClientError, onSession, onFault } = this.#options
    const listen = guardedListener(onFault)
    const stops = [listen(server, 'close', () => this.#release(server))]
    if (isHttp(server)) {
      stops.push(listen(server, isTls(server) ? 'secureConnection' : 'connection', onConnection))
      stops.push(observeClientErrors(server, onClientError))
    }
    if (isHttp2(server)) stops.push(listen(server, 'session', onSession))
    return () => stopAll(stops)
  }

  #release(server: Server): void {
    this.#observed.get(server)?.stop()
    this.#observed.delete(server)
  }
}

/** Tells a server that speaks HTTP, of any version, by its shape. */
export function isHttpServer(server: Server): boolean {
  return isHttp(server) || isHttp2(server)
}

function isHttp(server: Server): server is HttpServer {
  return typeof (server as Partial<HttpServer>).headersTimeout === 'number'
}

function isHttp2(server: Server): server is Http2Server {
  return typeof (server as Partial<Http2Server>).updateSettings === 'function'
}

function isTls(server: Server): boolean {
  return typeof (server as { setSecureContext?: unknown }).setSecureContext === 'function'
}
