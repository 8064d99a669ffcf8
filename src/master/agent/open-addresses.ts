import type { Server } from 'node:net'
import { resolve } from 'node:path'
import { masterLimits } from '../../limits/master.ts'
import { guardedListener } from '../../support/listeners/guarded-listener.ts'
import { guardedChannel } from '../../support/observe-channel.ts'

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
  readonly #onFault: (part: string) => void
  readonly #asked = new WeakMap<Server, string>()
  /** Bounded by the application's servers. */
  readonly #open = new Map<Server, string>()

  /** @param onFault called with the part that met an error. Must not throw. */
  constructor(onChange: (addresses: readonly string[]) => void, onFault: (part: string) => void) {
    this.#onChange = onChange
    this.#onFault = onFault
    const observe = guardedChannel(onFault)
    observe<ListenMessage>('tracing:net.server.listen:asyncStart', ({ server, options }) => {
      this.#asked.set(server, addressOf(options))
    })
    observe<ListenMessage>('tracing:net.server.listen:asyncEnd', ({ server }) => {
      this.#add(server)
    })
  }

  #add(server: Server): void {
    const address = this.#asked.get(server)
    if (address === undefined || this.#open.has(server)) return
    this.#open.set(server, address)
    const stop = guardedListener(this.#onFault)(server, 'close', () => {
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
