import { randomInt } from 'node:crypto'
import type { Socket } from 'node:net'

export interface LocalConnectionsOptions {
  /** Connections at a time, and so descriptors of the process. */
  readonly limit: number
  /** Called with each connection that is closed for lack of room. */
  readonly onDropped: () => void
}

/**
 * The open connections of a server on the loopback interface. Any local user can connect. At the
 * limit, a new connection replaces a connection that has not shown the token, so that only
 * processes with the token can keep others out.
 *
 * The replaced connection is random. If the oldest were replaced, a local user who connects often
 * enough would close each connection before the client can send its token.
 */
export class LocalConnections {
  readonly #options: LocalConnectionsOptions
  /** Have not shown the token. */
  readonly #unknown: Socket[] = []
  readonly #known = new Set<Socket>()

  constructor(options: LocalConnectionsOptions) {
    this.#options = options
  }

  /** @returns whether there is room. Otherwise, the connection is closed. */
  add(socket: Socket): boolean {
    const { limit, onDropped } = this.#options
    if (this.#unknown.length + this.#known.size >= limit) {
      onDropped()
      const replaced = this.#unknown[randomInt(Math.max(1, this.#unknown.length))]
      if (!replaced) {
        socket.destroy()
        return false
      }
      this.#forget(replaced)
      replaced.destroy()
    }
    this.#unknown.push(socket)
    socket.once('close', () => this.#forget(socket))
    return true
  }

  /** The client has shown the token. */
  admit(socket: Socket): void {
    this.#forget(socket)
    if (!socket.destroyed) this.#known.add(socket)
  }

  #forget(socket: Socket): void {
    this.#known.delete(socket)
    const at = this.#unknown.indexOf(socket)
    if (at < 0) return
    const last = this.#unknown.pop()
    if (last && last !== socket) this.#unknown[at] = last
  }
}
