import type { Cluster } from 'node:cluster'
import { socketLimits } from '../../limits/master.ts'
import type { GunicornLog } from '../../log/gunicorn-log.ts'
import { coded } from '../../model/errors/coded-text.ts'
import { ActivatedSockets } from './activated-sockets.ts'
import type { ActivationValues } from './activation.ts'
import { closedSocketFor } from './closed-socket.ts'
import { backlogOf, type ClusterListen, ClusterQueries } from './cluster-queries.ts'
import { FullWorkers } from './full-workers.ts'
import { type Handle, handleOf, showAsked } from './handle.ts'
import {
  type Inheritance,
  InheritedSockets,
  type Origin,
  type SharedSocket,
  textOf,
} from './inherited-sockets.ts'
import { type ListenerOverview, listenerOf } from './listener-overview.ts'
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
  /** The variables of the service manager. */
  readonly activation?: ActivationValues
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
  readonly #queries: ClusterQueries
  readonly #unheld = new UnheldSockets()
  readonly #full: FullWorkers
  readonly #inherited: InheritedSockets
  readonly #activated: ActivatedSockets
  /** The pid of the master before. */
  readonly #predecessor: number | undefined
  #hasSuccessor = false
  /** Whether the wanted workers serve. */
  #isReady = false

  constructor(options: ListeningSocketsOptions) {
    this.#options = options
    this.#full = new FullWorkers(options.log)
    this.#inherited = new InheritedSockets(options.predecessor)
    this.#activated = new ActivatedSockets(options.activation ?? {}, options.log)
    if (options.predecessor !== undefined) this.#predecessor = process.ppid
    this.#queries = new ClusterQueries(options.cluster, {
      socketOf: (key) => this.#entries.get(key)?.socket,
      onListen: (call) => this.#listen(call),
      onQuery: (query, channel) => this.#unheld.note(query, channel),
      onFull: (channel) => this.#full.tell(channel.pid),
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

  /** The open sockets, for the control socket. */
  listeners(): readonly ListenerOverview[] {
    return this.#open().map(([key, { socket }]) => listenerOf(key, socket.handle.fd))
  }

  /** The open sockets, for another master. */
  shared(): readonly SharedSocket[] {
    return this.#open().map(([key, { socket }]) => ({ key, handle: socket.handle }))
  }

  /** Takes over a socket of another master, and accepts connections at once. */
  adopt({ key, handle }: SharedSocket): void {
    const { socket: known, origin = 'master' } = this.#entries.get(key) ?? {}
    if (known?.state === 'serving' || known?.state === 'held') {
      handle.close()
      return
    }
    if (known?.state === 'draining') known.adopt(handle)
    else this.#add(key, handle, { origin, isInherited: true })
    handle.listen(socketLimits.backlog)
  }

  /**
   * Accepts no new connection. Accepted connections still reach the workers. A worker that still
   * boots opens no socket.
   */
  stopAccepting(): void {
    this.#queries.endQueries()
    for (const { socket } of this.#entries.values()) socket.close()
  }

  /** Closes sockets without a listener in a while. Called when the wanted workers serve. */
  closeUnused(): void {
    this.#isReady = true
    for (const { socket } of this.#entries.values()) socket.closeUnused(socketLimits.unusedMs)
    this.#inherited.closeUnused(socketLimits.unusedMs)
    this.#activated.tellUnused(socketLimits.unusedMs)
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

  #listen(call: ClusterListen): void {
    const { query, server, args, listen } = call
    const { key } = query
    const held = this.#entries.get(key)?.socket
    if (held?.state === 'held') {
      server.once('listening', () => process.nextTick(() => held.attach()))
      held.lendTo(server)
      return
    }
    if (call.isLate) {
      const { origin = 'master' } = this.#entries.get(key) ?? {}
      this.#entries.set(key, { socket: closedSocketFor(call), origin })
      return
    }
    const inherited = this.#inherited.take(key) ?? this.#activated.take(query)
    const origin = inherited?.origin ?? 'master'
    const path = pathOf(key)
    if (path !== undefined && !inherited) removeStaleSocket(path)
    server.once('listening', () => {
      const handle = handleOf(server)
      if (!handle) return
      const { port, address } = query
      if (origin === 'activation' && port !== undefined && port > 0)
        showAsked(handle, port, address)
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
      isPermanent: origin === 'activation',
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
    const line = `${text}: ${socketLimits.waiting} can wait`
    this.#options.log.write('warning', coded('GPE_CONNECTIONS_CLOSED', line))
  }

  /** An application that closes a socket often ends right after. Then, the socket has to stay. */
  #closeSoon(key: string, channel: WorkerChannel): void {
    this.#unheld.closed(key, channel)
    const socket = this.#entries.get(key)?.socket
    if (socket?.state !== 'held') return
    setTimeout(() => {
      if (channel.isServing) socket.closeHeld()
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
