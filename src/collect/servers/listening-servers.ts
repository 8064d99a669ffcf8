import type { Server } from 'node:net'

/**
 * The listening servers without HTTP. Adds no listener to a server. A closed server is removed at
 * the next read.
 */
export class ListeningServers {
  readonly #limit: number
  readonly #servers = new Set<Server>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Ignores a server beyond the limit: one listening server decides. */
  add(server: Server): void {
    if (this.#servers.size >= this.#limit) this.#clean()
    if (this.#servers.size < this.#limit) this.#servers.add(server)
  }

  /** Whether a server listens now. */
  get isAny(): boolean {
    this.#clean()
    return this.#servers.size > 0
  }

  #clean(): void {
    for (const server of this.#servers) if (!server.listening) this.#servers.delete(server)
  }
}
