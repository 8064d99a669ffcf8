import type { Server } from 'node:net'
import { nextTick } from '../../support/intrinsics/timers.ts'
import { guardedListener } from '../../support/listeners/guarded-listener.ts'

export interface HandOversOptions {
  /** Receives the number of servers that listen and hand their sockets to workers. */
  readonly onChange: (servers: number) => void
  readonly onFault: (component: string) => void
}

/** The servers with which a primary listens, to hand their sockets to workers. */
export class HandOvers {
  readonly #options: HandOversOptions
  /** A server can listen again after `close()`, and has each listener once. */
  readonly #followed = new WeakSet<Server>()
  #listening = 0

  constructor(options: HandOversOptions) {
    this.#options = options
  }

  /** Follows a server of the primary, unless the server keeps its sockets. */
  follow(server: Server): void {
    if (!handsOver(server) || this.#followed.has(server)) return
    this.#followed.add(server)
    const listen = guardedListener(this.#options.onFault)
    listen(server, 'listening', () => this.#change(1))
    listen(server, 'close', () => this.#change(-1))
  }

  #change(difference: number): void {
    this.#listening = Math.max(0, this.#listening + difference)
    this.#options.onChange(this.#listening)
  }
}

/** The only purpose of `pauseOnConnect` is to pass sockets to another process. */
function handsOver(server: Server): boolean {
  return 'pauseOnConnect' in server && server.pauseOnConnect === true
}

/** Servers that were deferred once. */
const deferred = new WeakSet<Server>()

/**
 * Calls again at the end of this turn. The process can have forked in this turn, and the hook of
 * the fork runs before the second call.
 * @returns whether the server is deferred. A server is deferred once, and only to hand over.
 */
export function deferHandOver(
  server: Server,
  again: () => void,
  onFault: (component: string) => void,
): boolean {
  if (!handsOver(server) || deferred.has(server)) return false
  deferred.add(server)
  nextTick(() => {
    try {
      again()
    } catch {
      onFault('listen')
    }
  })
  return true
}
