import type { ServerResponse } from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import type { Server, Socket } from 'node:net'
import { guarded } from '../../support/guarded.ts'
import { guardedListener } from '../../support/listeners/guarded-listener.ts'
import { type Stop, stopAll } from '../../support/stop.ts'
import type { Activity } from './activity.ts'
import { Http1Connection, type QuietTimes } from './http1-connection.ts'
import { Http2Connection } from './http2-connection.ts'

export interface ConnectionsOptions {
  readonly quiet: QuietTimes
  /** Called when the last connection has ended. */
  readonly onEmpty: () => void
  /** Called with the part that met an error. Must not throw. */
  readonly onFault: (part: string) => void
  /** The clock, milliseconds. */
  readonly now: () => number
}

/** The internal property with the socket below a TLS connection. */
interface EncryptedSocket {
  readonly _parent?: Socket
}

/** The open connections of a worker. */
export class Connections {
  readonly #options: ConnectionsOptions
  /** Bounded by the open connections. */
  readonly #connections = new Map<Socket, Http1Connection | Http2Connection>()
  #areEnding = false

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  /** Tracks the connections of a server from now on. */
  watch(server: Server): Stop {
    const isTls = 'setSecureContext' in server
    const onConnection = (socket: Socket): void => {
      this.#track(socket, isTls)
    }
    const onSecure = (socket: Socket): void => this.#trackSecure(socket)
    const onSession = (session: ServerHttp2Session): void => this.#trackSession(session)
    const listen = guardedListener(this.#options.onFault)
    const stops = [listen(server, 'connection', onConnection)]
    if (isTls) stops.push(listen(server, 'secureConnection', onSecure))
    if ('updateSettings' in server) stops.push(listen(server, 'session', onSession))
    return () => stopAll(stops)
  }

  requested(socket: Socket, response: ServerResponse): void {
    const connection = this.#track(socket)
    if (!(connection instanceof Http1Connection)) return
    connection.requested(response)
    if (this.#areEnding) connection.endSoon()
  }

  responded(socket: Socket, response: ServerResponse): void {
    const connection = this.#connections.get(socket)
    if (connection instanceof Http1Connection) connection.responded(response)
  }

  /** Ends each connection with its current response, and the later connections too. */
  endSoon(): void {
    this.#areEnding = true
    const now = this.#options.now()
    for (const connection of this.#connections.values()) connection.endSoon(now)
  }

  endQuiet(): void {
    const now = this.#options.now()
    for (const [socket, connection] of this.#connections) {
      // A drain must not depend on the last event of a socket.
      if (socket.destroyed) this.#connections.delete(socket)
      else connection.endIfQuiet(now, this.#options.quiet)
    }
  }

  /** The most urgent activity; undefined when no connection is open. */
  activity(): Activity | undefined {
    const now = this.#options.now()
    const found = [...this.#connections.values()].map((each) => each.activity(now))
    return (['busy', 'idle', 'endless'] as const).find((activity) => found.includes(activity))
  }

  #track(socket: Socket, isEncrypted = false): Http1Connection | Http2Connection {
    const known = this.#connections.get(socket)
    if (known) return known
    const connection = new Http1Connection(socket, isEncrypted, this.#options.onFault)
    this.#add(socket, connection)
    return connection
  }

  /** The decrypted connection takes the place of the encrypted connection. */
  #trackSecure(socket: Socket): void {
    const { _parent: parent } = socket as EncryptedSocket
    this.#track(socket)
    if (parent) this.#connections.delete(parent)
  }

  /** Node.js emits `'session'` before the listener here gets the connection. */
  #trackSession(session: ServerHttp2Session): void {
    // The property is a proxy. The methods of the proxy return the socket.
    const socket = session.socket.off('close', () => {}) as Socket
    const connection = new Http2Connection(session, this.#options)
    this.#connections.delete(socket)
    this.#add(socket, connection)
    if (this.#areEnding) connection.endSoon(this.#options.now())
  }

  #add(socket: Socket, connection: Http1Connection | Http2Connection): void {
    // A request can be parsed after the last event of its socket: no event would remove the socket.
    if (socket.destroyed) return
    this.#connections.set(socket, connection)
    const closed = (): void => {
      this.#connections.delete(socket)
      if (this.#connections.size === 0) this.#options.onEmpty()
    }
    socket.once(
      'close',
      guarded(closed, () => this.#options.onFault('close')),
    )
  }
}
