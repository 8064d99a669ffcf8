import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Server as HttpServer } from 'node:http'
import type { Http2Server, ServerHttp2Session } from 'node:http2'
import type { Server, Socket } from 'node:net'
import { limits } from '../limits.ts'
import { type Stop, stopAll } from './stop.ts'
import type { Tally } from './tally.ts'

export interface ServersOptions {
  readonly tally: Tally
  readonly onConnection: (socket: Socket) => void
  readonly onClientError: (socket: Socket, error: unknown) => void
  readonly onSession: (session: ServerHttp2Session) => void
}

export interface Servers {
  readonly stop: Stop
  /** Observes a server that was not seen listening, for example one fed by hand. */
  readonly adopt: (server: Server) => void
  /** Open connections of all observed servers. */
  readonly connections: () => number
}

/**
 * Finds the process's HTTP servers when they listen and follows their connections. `node:net`
 * publishes every `listen()`; a server is recognised by its shape, so that a process without HTTP
 * never loads `node:http` because of us.
 */
export function observeServers({
  tally,
  onConnection,
  onClientError,
  onSession,
}: ServersOptions): Servers {
  // Bounded by limits.servers; a server leaves when it closes and comes back when it listens again.
  const observed = new Map<Server, { connections: number; stop: Stop }>()

  function adopt(server: Server): void {
    if (observed.has(server) || !isHttpServer(server)) return
    if (observed.size >= limits.servers) {
      tally.addFault('servers limit')
      return
    }
    observed.set(server, { connections: 0, stop: follow(server) })
  }

  function follow(server: Server): Stop {
    const stops: Stop[] = []
    listen(server, 'close', () => release(server), stops)
    if (isHttp(server)) {
      listen(server, isTls(server) ? 'secureConnection' : 'connection', onConnection, stops)
      followClientErrors(server, onClientError, stops)
    }
    if (isHttp2(server)) listen(server, 'session', onSession, stops)
    return () => stopAll(stops)
  }

  function release(server: Server): void {
    observed.get(server)?.stop()
    observed.delete(server)
  }

  const onListen = (message: unknown): void => {
    try {
      adopt((message as { server: Server }).server)
    } catch {
      tally.addFault('servers')
    }
  }

  subscribe('tracing:net.server.listen:asyncStart', onListen)
  return {
    stop() {
      unsubscribe('tracing:net.server.listen:asyncStart', onListen)
      for (const server of observed.keys()) release(server)
    },
    adopt,
    connections() {
      let sum = 0
      for (const [server, seen] of observed) {
        // The callback comes a tick later: the figure is that of the previous report at most.
        server.getConnections((error, count) => {
          if (!error) seen.connections = count
        })
        sum += seen.connections
      }
      return sum
    },
  }

  function listen<T>(
    server: Server,
    event: string,
    act: (argument: T) => void,
    stops: Stop[],
  ): void {
    const listener = (argument: T): void => {
      try {
        act(argument)
      } catch {
        tally.addFault(`server ${event}`)
      }
    }
    server.on(event, listener)
    stops.push(() => server.off(event, listener))
  }
}

/**
 * A `clientError` listener replaces Node's answer to malformed requests, so ours is there only as
 * long as the application has one of its own. Without one the closed socket itself tells the error.
 */
function followClientErrors(
  server: Server,
  onClientError: ServersOptions['onClientError'],
  stops: Stop[],
): void {
  const observe = (error: unknown, socket: Socket): void => onClientError(socket, error)
  const added = (event: string | symbol, listener: unknown): void => {
    if (event !== 'clientError' || listener === observe) return
    if (!server.listeners('clientError').includes(observe)) server.on('clientError', observe)
  }
  const removed = (event: string | symbol): void => {
    if (event !== 'clientError') return
    const own = server.listeners('clientError').filter((listener) => listener === observe)
    if (own.length > 0 && server.listenerCount('clientError') === own.length) {
      server.off('clientError', observe)
    }
  }
  if (server.listenerCount('clientError') > 0) server.on('clientError', observe)
  server.on('newListener', added)
  server.on('removeListener', removed)
  stops.push(() => {
    server.off('newListener', added)
    server.off('removeListener', removed)
    server.off('clientError', observe)
  })
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
