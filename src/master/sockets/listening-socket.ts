import type { Server } from 'node:net'
import { socketLimits } from '../../limits/master.ts'
import { type Client, type Handle, keepAddress, type OnConnection, setHandle } from './handle.ts'
import { guardSocketFile, type SocketFileOptions } from './socket-file.ts'

export interface ListeningSocketOptions {
  readonly handle: Handle
  /** The service manager has the socket too: after a close, no worker could listen again. */
  readonly isPermanent: boolean
  /** Undefined for a socket without a file. */
  readonly file: SocketFileOptions | undefined
  /** Called when no worker listens any more. The socket stays open. */
  readonly onHeld: () => void
  /** Called with the number of connections for which the queue had no place. */
  readonly onDropped: (count: number) => void
}

type State =
  /** Workers listen. `distribute` gives a connection to `cluster`. */
  | { readonly kind: 'serving'; readonly distribute: OnConnection }
  /** No worker listens. Connections wait for the next worker. */
  | { readonly kind: 'held' }
  /** The socket is closed, and workers still take accepted connections. */
  | { readonly kind: 'draining'; readonly distribute: OnConnection }
  | { readonly kind: 'closed' }

/**
 * A socket on which the master listens for the workers. `cluster` closes the handle when the last
 * worker goes. The handle then stays open here, and the next worker takes over the handle.
 */
export class ListeningSocket {
  readonly #options: ListeningSocketOptions
  #handle: Handle
  #closeHandle: () => unknown = () => {}
  #state: State = { kind: 'held' }
  /** Accepted connections that no worker has got yet. Bounded while no worker listens. */
  readonly #waiting = new Set<Client>()
  #dropped = 0
  #closing: NodeJS.Timeout | undefined
  readonly #accept: OnConnection = (error, client) => this.#accepted(error, client)

  constructor(options: ListeningSocketOptions) {
    this.#options = options
    this.#handle = options.handle
    this.#take(options.handle)
  }

  get state(): State['kind'] {
    return this.#state.kind
  }

  get handle(): Handle {
    return this.#handle
  }

  /** Lets a server of `cluster` listen on the held handle. */
  lendTo(server: Server): void {
    setHandle(server, this.#handle)
    // As after `listen()`: `cluster` adds its listener when `listen()` has returned.
    process.nextTick(() => server.emit('listening'))
  }

  /** Follows the `'listening'` of a server of `cluster`, which then takes the connections. */
  attach(): void {
    const { onconnection: distribute } = this.#handle
    if (!distribute || distribute === this.#accept) return
    this.#handle.onconnection = this.#accept
    this.#state = { kind: 'serving', distribute }
    this.keep()
    if (this.#dropped > 0) this.#options.onDropped(this.#dropped)
    this.#dropped = 0
    for (const client of [...this.#waiting]) distribute(0, client)
  }

  /** Takes over the descriptor of another master, after the close of the own descriptor. */
  adopt(handle: Handle): void {
    const old = this.#handle
    // A server of `cluster` keeps the closed handle, and asks the handle for the address.
    if (handle.getsockname) old.getsockname = (out) => handle.getsockname?.(out) ?? 0
    this.#handle = handle
    this.#take(handle)
    this.#state =
      this.#state.kind === 'draining' ? { ...this.#state, kind: 'serving' } : { kind: 'held' }
  }

  /** Notes that `cluster` has sent the connection to a worker. */
  sent(client: Client): void {
    if (this.#waiting.delete(client)) Reflect.deleteProperty(client, 'close')
  }

  /** Takes a connection back that a worker has not taken. `cluster` may know another worker. */
  takeBack(client: Client): void {
    if (this.#state.kind === 'closed') client.close()
    else this.#await(client)
  }

  /** Closes the socket in a while, unless a worker listens until then. */
  closeUnused(afterMs: number): void {
    if (this.#state.kind !== 'held') return
    this.#closing ??= setTimeout(() => this.closeHeld(), afterMs)
  }

  /** Closes the socket, unless a worker listens. */
  closeHeld(): void {
    if (this.#state.kind === 'held' && !this.#options.isPermanent) this.close()
  }

  /** Cancels `closeUnused()`. */
  keep(): void {
    clearTimeout(this.#closing)
    this.#closing = undefined
  }

  /** Accepts no new connection. Workers still get accepted connections. */
  close(): void {
    this.keep()
    if (this.#state.kind === 'serving') this.#state = { ...this.#state, kind: 'draining' }
    if (this.#state.kind === 'held') this.#end()
    keepAddress(this.#handle)
    this.#closeHandle()
  }

  #take(handle: Handle): void {
    if (this.#options.file) guardSocketFile(handle, this.#options.file)
    const { close } = handle
    this.#closeHandle = () => Reflect.apply(close, handle, [])
    handle.close = () => this.#hold()
    handle.onconnection = this.#accept
  }

  /** `cluster` has closed the handle, because no worker listens any more. */
  #hold(): void {
    if (this.#state.kind === 'draining') this.#end()
    if (this.#state.kind !== 'serving') return
    this.#state = { kind: 'held' }
    this.#options.onHeld()
  }

  #end(): void {
    this.#state = { kind: 'closed' }
    for (const client of [...this.#waiting]) {
      this.sent(client)
      client.close()
    }
  }

  #accepted(error: number, client: Client | undefined): void {
    if (error || !client) return
    if (this.#state.kind === 'serving' || this.#state.kind === 'draining') {
      this.#waiting.add(client)
      this.#state.distribute(0, client)
      if (this.#waiting.has(client)) this.#await(client)
    } else if (this.#waiting.size < socketLimits.waiting) {
      this.#await(client)
    } else {
      this.#dropped += 1
      client.close()
    }
  }

  /** `cluster` closes every connection without a worker together with the handle. */
  #await(client: Client): void {
    this.#waiting.add(client)
    client.close = () => undefined
  }
}
