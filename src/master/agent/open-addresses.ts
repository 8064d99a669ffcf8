import { subscribe } from 'node:diagnostics_channel'
import type { Server } from 'node:net'
import { resolve } from 'node:path'
import { masterLimits } from '../../limits/master.ts'
import { keepListener } from '../../support/listeners/kept-listener.ts'

interface ListenMessage {
  readonly server: Server
  readonly options?: unknown
}

/**
 * The addresses on which this process listens. `cluster` tells the master nothing about
 * `reusePort` and `exclusive`, and nothing about a server that closes.
 */
export class OpenAddresses {
  readonly #onChange: (addresses: readonly string[]) => void
  readonly #asked = new WeakMap<Server, string>()
  /** Bounded by the application's servers. */
  readonly #open = new Map<Server, string>()

  constructor(onChange: (addresses: readonly string[]) => void) {
    this.#onChange = onChange
    subscribe('tracing:net.server.listen:asyncStart', (message) => {
      const { server, options } = message as ListenMessage
      this.#asked.set(server, addressOf(options))
    })
    subscribe('tracing:net.server.listen:asyncEnd', (message) => {
      this.#add((message as ListenMessage).server)
    })
  }

  #add(server: Server): void {
    const address = this.#asked.get(server)
    if (address === undefined || this.#open.has(server)) return
    this.#open.set(server, address)
    const stop = keepListener(server, 'close', () => {
      stop()
      this.#open.delete(server)
      this.#tell()
    })
    this.#tell()
  }

  #tell(): void {
    this.#onChange([...new Set(this.#open.values())].sort().slice(0, masterLimits.addresses))
  }
}

interface Options {
  readonly path?: unknown
  readonly host?: unknown
  readonly port?: unknown
}

/**
 * The address as the application gave the address: two workers that listen on port 0 listen on the
 * same address.
 */
function addressOf(options: unknown): string {
  const { path, host, port } = (options ?? {}) as Options
  if (typeof path === 'string') return path.startsWith('\0') ? path : resolve(path)
  if (port === undefined || port === null) return 'a handle'
  return `${typeof host === 'string' ? host : '*'}:${String(port)}`
}
