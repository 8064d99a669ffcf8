import type { Server } from 'node:net'

/**
 * The servers without HTTP that listen. Adds no listener to a server: a server that has stopped to
 * listen is removed at the next look.
 */
export class ListeningServers {
  readonly #limit: number
  readonly #servers = new Set<Server>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Beyond the limit, the servers that are there tell enough. */
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
