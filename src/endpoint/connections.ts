import type { Socket } from 'node:net'

/** Why a connection was closed: it made way for a newcomer, or was the newcomer that found no place. */
export type DropReason = 'evicted' | 'refused'

/** Where a connection comes from; undefined on a unix socket, which does not tell. */
type Origin = string | undefined

/**
 * The open connections of a server, the oldest first. Where there is no room for another, the oldest
 * that is served no page makes room: clients that hold connections open, and say nothing, half of it or what is
 * refused, do not keep others out. Connections over a unix socket cannot be told apart once they speak
 * TLS, and are let alone: whoever may open it is no stranger.
 */
export class Connections {
  readonly #limit: number
  readonly #onDropped: (reason: DropReason) => void
  readonly #origins = new Map<Socket, Origin>()
  /** Requests for a page under way. Node gives the TLS socket to a request, and no way from there to the connection. */
  readonly #requests = new Map<string, number>()

  constructor(limit: number, onDropped: (reason: DropReason) => void) {
    this.#limit = limit
    this.#onDropped = onDropped
  }

  get size(): number {
    return this.#origins.size
  }

  add(socket: Socket): void {
    if (this.#origins.size >= this.#limit && !this.#evict()) {
      this.#onDropped('refused')
      socket.destroy()
      return
    }
    this.#origins.set(socket, originOf(socket))
    socket.once('close', () => this.#forget(socket))
  }

  /** A request is served; returns what to call when it is answered. */
  begin(socket: Socket): () => void {
    const origin = originOf(socket)
    if (origin === undefined) return () => {}
    this.#requests.set(origin, (this.#requests.get(origin) ?? 0) + 1)
    return () => {
      const left = (this.#requests.get(origin) ?? 0) - 1
      if (left > 0) this.#requests.set(origin, left)
      else this.#requests.delete(origin)
    }
  }

  closeAll(): void {
    for (const socket of this.#origins.keys()) socket.destroy()
  }

  #evict(): boolean {
    for (const [socket, origin] of this.#origins) {
      if (origin === undefined || this.#requests.has(origin)) continue
      this.#forget(socket)
      this.#onDropped('evicted')
      socket.destroy()
      return true
    }
    return false
  }

  #forget(socket: Socket): void {
    const origin = this.#origins.get(socket)
    this.#origins.delete(socket)
    // Requests that were never answered, of a pipeline for example, end with their connection.
    if (origin !== undefined) this.#requests.delete(origin)
  }
}

function originOf({ remoteAddress, remotePort }: Socket): Origin {
  return remotePort === undefined ? undefined : `${remoteAddress} ${remotePort}`
}
