import type { Cluster } from 'node:cluster'
import { socketLimits } from '../../limits/master.ts'
import type { GunicornLog } from '../../log/gunicorn-log.ts'
import { isRecord } from '../../support/guards.ts'
import { type ClusterListen, ClusterQueries } from './cluster-queries.ts'
import { type Handle, handleOf } from './handle.ts'
import { InheritedSockets, type Origin, textOf } from './inherited-sockets.ts'
import { ListeningSocket } from './listening-socket.ts'
import { nameOf, pathOf } from './socket-key.ts'
import { removeStaleSocket } from './stale-socket.ts'
import { UnheldSockets } from './unheld-sockets.ts'
import type { WorkerChannel } from './worker-channel.ts'

export interface ListeningSocketsOptions {
  readonly cluster: Pick<Cluster, 'on'>
  readonly log: Pick<GunicornLog, 'write'>
  /** The value of `socketsVariable`; undefined without a predecessor. */
  readonly predecessor: string | undefined
}

/** The sockets that a master gives to a successor. */
export interface InheritableSockets {
  readonly kind: 'sockets'
  /** For the successor, the descriptors start at 3, in this order. */
  readonly descriptors: readonly number[]
  /** The sockets in the same order, for the successor's environment. */
  readonly text: string
}

export type Inheritance =
  | InheritableSockets
  /** The reason completes the sentence "Cannot upgrade: ...". */
  | { readonly kind: 'refused'; readonly reason: string }

/** A socket for another master, over a channel of `child_process`. */
export interface SharedSocket {
  readonly key: string
  readonly handle: Handle
}

interface Entry {
  readonly socket: ListeningSocket
  readonly origin: Origin
}

/**
 * The sockets on which the master listens for the workers. The sockets outlive the workers: while
 * no worker listens, connections wait.
 */
export class ListeningSockets {
  readonly #options: ListeningSocketsOptions
  /** By Node's key. Bounded by the addresses on which the application listens. */
  readonly #entries = new Map<string, Entry>()
  readonly #unheld = new UnheldSockets()
  readonly #inherited: InheritedSockets
  /** The pid of the master before. */
  readonly #predecessor: number | undefined
  #hasSuccessor = false
  /** Whether the wanted workers serve. */
  #isReady = false

  constructor(options: ListeningSocketsOptions) {
    this.#options = options
    this.#inherited = new InheritedSockets(options.predecessor)
    if (options.predecessor !== undefined) this.#predecessor = process.ppid
    new ClusterQueries(options.cluster, {
      socketOf: (key) => this.#entries.get(key)?.socket,
      onListen: (call) => this.#listen(call),
      onQuery: (query, channel) => this.#unheld.note(query, channel),
      onClose: (key, channel) => this.#closeSoon(key, channel),
      onGone: (channel) => this.#gone(channel),
    })
  }

  /** Sets whether a new master serves beside this master. */
  setSuccessor(hasSuccessor: boolean): void {
    this.#hasSuccessor = hasSuccessor
  }

  /** The sockets for a successor. */
  inheritable(): Inheritance {
    const { reason } = this.#unheld
    if (reason !== undefined) return { kind: 'refused', reason }
    const open = this.#open()
    if (open.length === 0) return { kind: 'refused', reason: 'no worker listens on a socket' }
    return {
      kind: 'sockets',
      descriptors: open.map(([, { socket }]) => socket.handle.fd),
      text: textOf(open.map(([key, { origin }]) => ({ key, origin }))),
    }
  }

  /** The open sockets, for another master. */
  shared(): readonly SharedSocket[] {
    return this.#open().map(([key, { socket }]) => ({ key, handle: socket.handle }))
  }

  /** Takes over a socket of another master, and accepts connections at once. */
  adopt({ key, handle }: SharedSocket): void {
    const known = this.#entries.get(key)?.socket
    const isKnown = known !== undefined && known.state !== 'closed'
    if (isKnown && known.state !== 'draining') {
      handle.close()
      return
    }
    if (isKnown) known.adopt(handle)
    else this.#add(key, handle, { origin: 'master', isInherited: true })
    handle.listen(socketLimits.backlog)
  }

  /** Accepts no new connection. Accepted connections still reach the workers. */
  stopAccepting(): void {
    for (const { socket } of this.#entries.values()) socket.close()
  }

  /** Closes sockets without a listener in a while. Called when the wanted workers serve. */
  closeUnused(): void {
    this.#isReady = true
    for (const { socket } of this.#entries.values()) socket.closeUnused(socketLimits.unusedMs)
    this.#inherited.closeUnused(socketLimits.unusedMs)
  }

  /** Keeps sockets without a listener. Called when all workers have to end. */
  keepUnused(): void {
    this.#isReady = false
    for (const { socket } of this.#entries.values()) socket.keep()
    this.#inherited.keep()
  }

  #open(): [string, Entry][] {
    // A handle has no descriptor after the close.
    return [...this.#entries].filter(([, { socket }]) => socket.handle.fd >= 0)
  }

  #listen({ query, server, args, listen }: ClusterListen): void {
    const { key } = query
    const held = this.#entries.get(key)?.socket
    if (held?.state === 'held') {
      server.once('listening', () => process.nextTick(() => held.attach()))
      held.lendTo(server)
      return
    }
    const inherited = this.#inherited.take(key)
    const path = pathOf(key)
    if (path !== undefined && !inherited) removeStaleSocket(path)
    server.once('listening', () => {
      const handle = handleOf(server)
      if (!handle) return
      const origin = inherited?.origin ?? 'master'
      const socket = this.#add(key, handle, { origin, isInherited: inherited !== undefined })
      // `cluster` sets its function for connections in the same event, later.
      process.nextTick(() => socket.attach())
    })
    listen(...(inherited ? [{ ...backlogOf(args), fd: inherited.descriptor }] : args))
  }

  #add(
    key: string,
    handle: Handle,
    from: { origin: Origin; isInherited: boolean },
  ): ListeningSocket {
    const { origin, isInherited } = from
    const path = pathOf(key)
    const file = { path, isInherited, isShared: () => !this.#isAlone }
    const socket: ListeningSocket = new ListeningSocket({
      handle,
      file: path === undefined || origin === 'activation' ? undefined : { ...file, path },
      onHeld: () => {
        if (this.#isReady) socket.closeUnused(socketLimits.unusedMs)
      },
      onDropped: (count) => this.#tellDropped(key, count),
    })
    this.#entries.set(key, { socket, origin })
    return socket
  }

  #tellDropped(key: string, count: number): void {
    const text = `${nameOf(key)}: closed ${count} connections while no worker listened`
    this.#options.log.write('warning', `${text}: ${socketLimits.waiting} can wait`)
  }

  /** An application that closes a socket often ends right after. Then, the socket has to stay. */
  #closeSoon(key: string, channel: WorkerChannel): void {
    this.#unheld.closed(key, channel)
    const socket = this.#entries.get(key)?.socket
    if (socket?.state !== 'held') return
    setTimeout(() => {
      if (channel.isServing && socket.state === 'held') socket.close()
    }, socketLimits.closeMs)
  }

  #gone(channel: WorkerChannel): void {
    this.#unheld.gone(channel)
    // The next worker may listen on the sockets of this worker.
    if (!channel.isEnding) this.keepUnused()
  }

  /** After the end of the predecessor, this process has another parent. */
  get #isAlone(): boolean {
    return !this.#hasSuccessor && this.#predecessor !== process.ppid
  }
}

function backlogOf(args: readonly unknown[]): object {
  const [target] = args
  return isRecord(target) && target['backlog'] !== undefined ? { backlog: target['backlog'] } : {}
}
