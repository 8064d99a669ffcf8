import type { Cluster, Worker } from 'node:cluster'
import { Server } from 'node:net'
import { isRecord } from '../../support/guards.ts'
import type { FromWorker, ListenQuery } from './cluster-message.ts'
import type { ListeningSocket } from './listening-socket.ts'
import { WorkerChannel } from './worker-channel.ts'

/** A call of `listen()` by `cluster`, for the query of a worker. */
export interface ClusterListen {
  readonly query: ListenQuery
  readonly server: Server
  /** The arguments of the call. */
  readonly args: readonly unknown[]
  /** Node's own `listen()`. */
  readonly listen: (...args: readonly unknown[]) => void
  /** Whether the worker is older than the last `endQueries()`. */
  readonly isLate: boolean
}

/** A query, and whether `endQueries()` has ended the queries of the worker. */
interface Current {
  readonly query: ListenQuery
  readonly workers: Workers
}

/** The workers that were forked between two calls of `endQueries()`. */
interface Workers {
  areLate: boolean
}

export interface ClusterQueriesListeners {
  readonly socketOf: (key: string) => ListeningSocket | undefined
  readonly onListen: (call: ClusterListen) => void
  /** Called after each query. A query for an open socket leads to no call of `listen()`. */
  readonly onQuery: (query: ListenQuery, channel: WorkerChannel) => void
  /** Called after a worker that lives on has closed a socket. */
  readonly onClose: (key: string, channel: WorkerChannel) => void
  /** Called when a worker that listens has refused a connection. */
  readonly onFull: (channel: WorkerChannel) => void
  /** Called when the channel of a worker closes. */
  readonly onGone: (channel: WorkerChannel) => void
}

/**
 * The queries of workers for sockets, as `cluster` reads them. `cluster` opens a socket by
 * `net.Server#listen` in the same turn. Other servers of this process are left alone.
 */
export class ClusterQueries {
  readonly #listeners: ClusterQueriesListeners
  /** The query that `cluster` reads at this moment. */
  #current: Current | undefined
  /** The workers from now on. */
  #workers: Workers = { areLate: false }

  constructor(cluster: Pick<Cluster, 'on'>, listeners: ClusterQueriesListeners) {
    this.#listeners = listeners
    // Node emits the event before a message of the worker can arrive.
    cluster.on('fork', (worker) => this.#follow(worker))
    this.#intercept()
  }

  /** Marks later queries of all living workers as late. */
  endQueries(): void {
    this.#workers.areLate = true
    this.#workers = { areLate: false }
  }

  #follow(worker: Pick<Worker, 'process'>): void {
    const { socketOf, onFull, onGone } = this.#listeners
    const workers = this.#workers
    const channel: WorkerChannel = new WorkerChannel(worker, {
      socketOf,
      onFull,
      before: (message) => {
        this.#current = message.kind === 'query' ? { query: message.query, workers } : undefined
      },
      after: (message) => this.#after(message, channel),
      onClosed: () => onGone(channel),
    })
  }

  #after(message: FromWorker, channel: WorkerChannel): void {
    this.#current = undefined
    const { onQuery, onClose } = this.#listeners
    if (message.kind === 'query') onQuery(message.query, channel)
    if (message.kind === 'close' && channel.isServing) onClose(message.key, channel)
  }

  #intercept(): void {
    const queries = this
    const { listen } = Server.prototype
    Server.prototype.listen = function listenForWorkers(this: Server, ...args: unknown[]): Server {
      const plain = (...given: readonly unknown[]): Server =>
        Reflect.apply(listen, this, given) as Server
      const current = queries.#current
      if (!current) return plain(...args)
      queries.#current = undefined
      const { query, workers } = current
      const isLate = workers.areLate
      queries.#listeners.onListen({ query, server: this, args, listen: plain, isLate })
      return this
    }
  }
}

/** The option `backlog` of a call of `listen()`, if any. */
export function backlogOf(args: readonly unknown[]): object {
  const [target] = args
  return isRecord(target) && target['backlog'] !== undefined ? { backlog: target['backlog'] } : {}
}
