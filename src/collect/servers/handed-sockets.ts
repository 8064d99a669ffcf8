import type { Socket } from 'node:net'
import { collectLimits } from '../../limits/collect.ts'

/** Undocumented fields of Node's sockets. Check each field. */
interface SocketInternals {
  /** The server of this process that accepted the socket from the system. */
  readonly _server?: unknown
  /** The socket below TLS. */
  readonly _parent?: unknown
}

/**
 * The open sockets that a server of this process got by `emit('connection', socket)`, and sockets
 * from the parent process. Node counts only sockets that a server accepts by itself.
 *
 * Adds no listener to a socket: Node promises that the socket of an upgrade has no listeners.
 */
export class HandedSockets {
  readonly #limit: number
  /** Contains closed sockets until the next count, or until the set has doubled. */
  readonly #sockets = new Set<Socket>()
  #nextCleaning = smallest
  /** Whether another process hands sockets to this process. */
  hasSender = false

  /** @param limit most open sockets. Default: `collectLimits.handedSockets`. */
  constructor(limit: number = collectLimits.handedSockets) {
    this.#limit = limit
  }

  /** @returns whether there was room for the socket. */
  add(socket: Socket): boolean {
    const carrier = carrierOf(socket)
    this.hasSender ||= !acceptorOf(carrier)
    if (this.#sockets.size >= this.#nextCleaning) this.#clean()
    if (this.#sockets.size >= this.#limit) return false
    this.#sockets.add(carrier)
    return true
  }

  /** Open sockets. */
  count(): number {
    this.#clean()
    return this.#sockets.size
  }

  #clean(): void {
    for (const socket of this.#sockets) if (socket.destroyed) this.#sockets.delete(socket)
    this.#nextCleaning = Math.max(smallest, 2 * this.#sockets.size)
  }
}

/** Sockets that a set may hold before the first cleaning. */
const smallest = 64

/** Whether the server accepted the socket from the system. Then Node counts the connection. */
export function isAccepted(socket: Socket, server: object): boolean {
  return acceptorOf(carrierOf(socket)) === server
}

function acceptorOf({ _server: acceptor }: SocketInternals): unknown {
  return acceptor
}

/** The socket at the bottom: a connection with TLS has two sockets, and counts once. */
function carrierOf(socket: Socket): Socket & SocketInternals {
  let carrier: SocketInternals = socket as SocketInternals
  for (let depth = 0; depth < deepestTls; depth += 1) {
    const { _parent: parent } = carrier
    if (typeof parent !== 'object' || parent === null) break
    carrier = parent
  }
  return carrier as Socket
}

/** TLS inside TLS has two levels. */
const deepestTls = 4
