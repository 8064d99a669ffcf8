import type { Socket } from 'node:net'

/** Why the endpoint closed a connection: to make room for a new one, or for lack of room. */
export type DropReason = 'evicted' | 'refused'

/** Address and port of a client; undefined on a unix socket. */
type ClientAddress = string | undefined

/**
 * The open connections of a server, oldest first. At the limit, a new connection replaces the
 * oldest connection without a page under way. Idle clients and clients that receive only errors
 * therefore keep no scraper out. Connections over a unix socket are never replaced: with TLS,
 * their requests cannot be matched to them, and file permissions limit the clients.
 */
export class Connections {
  readonly #limit: number
  readonly #onDropped: (reason: DropReason) => void
  readonly #addresses = new Map<Socket, ClientAddress>()
  /**
   * Page requests under way, by client address. A request holds the TLS socket, and Node
   * gives no access to the socket of the connection.
   */
  readonly #requests = new Map<string, number>()

  constructor(limit: number, onDropped: (reason: DropReason) => void) {
    this.#limit = limit
    this.#onDropped = onDropped
  }

  get size(): number {
    return this.#addresses.size
  }

  /** Whether more than half of the connections are in use. */
  get isCrowded(): boolean {
    return this.#addresses.size > this.#limit / 2
  }

  add(socket: Socket): void {
    if (this.#addresses.size >= this.#limit && !this.#evict()) {
      this.#onDropped('refused')
      socket.destroy()
      return
    }
    this.#addresses.set(socket, addressOf(socket))
    socket.once('close', () => this.#forget(socket))
  }

  /** Notes the start of a page request. @returns a function to call when the response ends. */
  begin(socket: Socket): () => void {
    const address = addressOf(socket)
    if (address === undefined) return () => {}
    this.#requests.set(address, (this.#requests.get(address) ?? 0) + 1)
    return () => {
      const left = (this.#requests.get(address) ?? 0) - 1
      if (left > 0) this.#requests.set(address, left)
      else this.#requests.delete(address)
    }
  }

  closeAll(): void {
    for (const socket of this.#addresses.keys()) socket.destroy()
  }

  #evict(): boolean {
    for (const [socket, address] of this.#addresses) {
      if (address === undefined || this.#requests.has(address)) continue
      this.#forget(socket)
      this.#onDropped('evicted')
      socket.destroy()
      return true
    }
    return false
  }

  #forget(socket: Socket): void {
    const address = this.#addresses.get(socket)
    this.#addresses.delete(socket)
    // Pipelined requests without a response end with their connection.
    if (address !== undefined) this.#requests.delete(address)
  }
}

function addressOf({ remoteAddress, remotePort }: Socket): ClientAddress {
  return remotePort === undefined ? undefined : `${remoteAddress} ${remotePort}`
}
