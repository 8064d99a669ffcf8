import type { Worker } from 'node:cluster'
import { performance } from 'node:perf_hooks'
import { masterLimits, socketLimits } from '../../limits/master.ts'
import { isEnvelope } from '../../support/envelope.ts'
import { quitCommand, retireCommand } from '../agent/message.ts'
import {
  type FromWorker,
  type HandOver,
  parseFromWorker,
  parseHandOver,
  refusal,
} from './cluster-message.ts'
import type { Client } from './handle.ts'
import { HeldQueries } from './held-queries.ts'
import type { ListeningSocket } from './listening-socket.ts'

export interface WorkerChannelListeners {
  readonly socketOf: (key: string) => ListeningSocket | undefined
  /** Called before `cluster` reads the message. */
  readonly before: (message: FromWorker) => void
  /** Called after `cluster` has read the message. */
  readonly after: (message: FromWorker) => void
  /** Called when a worker that listens has refused a connection. */
  readonly onFull: (channel: WorkerChannel) => void
  /** Called when the channel of the worker closes. */
  readonly onClosed: () => void
}

/** A connection on the way to the worker. */
interface Sent extends HandOver {
  readonly client: Client
}

/**
 * The messages between `cluster` and a worker. Node never closes a connection that a worker has not
 * acknowledged. When the channel closes, this class answers for the worker, and `cluster` gives the
 * connection to another worker. The worker has read no byte: Node acknowledges before the first
 * read.
 */
export class WorkerChannel {
  readonly #child: Worker['process']
  readonly #listeners: WorkerChannelListeners
  /** By sequence number. `cluster` sends one connection for each socket at a time. */
  readonly #sent = new Map<number, Sent>()
  #isEnding = false
  /** Sockets on which the worker listens no more. */
  readonly #closed = new Set<string>()
  /** When the worker last refused a connection, by the clock of the process. */
  #fullAt = Number.NEGATIVE_INFINITY

  constructor({ process: child }: Pick<Worker, 'process'>, listeners: WorkerChannelListeners) {
    this.#child = child
    this.#listeners = listeners
    new HeldQueries(child)
    this.#watchSent()
    this.#watchEnd()
    child.prependListener('internalMessage', (message: unknown) => this.#before(message))
    child.on('internalMessage', (message: unknown) => {
      const parsed = parseFromWorker(message)
      if (parsed) listeners.after(parsed)
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Whether the worker lives, and the master has not asked for the end. */
  get isServing(): boolean {
    return this.#child.connected && !this.#isEnding
  }

  /** Whether the master has asked for the end. */
  get isEnding(): boolean {
    return this.#isEnding
  }

  #watchSent(): void {
    const child = this.#child
    const { send } = child
    child.send = (message: unknown, ...others: unknown[]): boolean => {
      const act = (): boolean => Reflect.apply(send, child, [message, ...others]) as boolean
      const sequence = this.#noteSent(message, others[0])
      return sequence !== undefined && this.#isFull ? this.#sendLater(sequence, act) : act()
    }
  }

  /**
   * A worker with all its connections refuses each connection. `cluster` sends the connection again
   * at once: without this pause, master and workers would only exchange messages.
   */
  #sendLater(sequence: number, act: () => boolean): boolean {
    setTimeout(() => {
      if (this.#sent.has(sequence) && this.#child.connected) act()
    }, socketLimits.fullMs)
    return true
  }

  get #isFull(): boolean {
    return performance.now() - this.#fullAt < socketLimits.fullMs
  }

  /** @returns the sequence number of a connection. */
  #noteSent(message: unknown, handle: unknown): number | undefined {
    if (isEnvelope(message, retireCommand) || isEnvelope(message, quitCommand)) {
      this.#isEnding = true
    }
    const handOver = parseHandOver(message)
    if (!handOver || !handle) return undefined
    const client = handle as Client
    this.#listeners.socketOf(handOver.key)?.sent(client)
    this.#sent.set(handOver.sequence, { ...handOver, client })
    return handOver.sequence
  }

  #before(message: unknown): void {
    const parsed = parseFromWorker(message)
    if (!parsed) return
    if (parsed.kind === 'answer') this.#answered(parsed)
    if (parsed.kind === 'close') this.#noteClosed(parsed.key)
    if (parsed.kind === 'query') this.#closed.delete(parsed.query.key)
    this.#listeners.before(parsed)
  }

  #answered({ sequence, isAccepted }: Extract<FromWorker, { kind: 'answer' }>): void {
    const sent = this.#sent.get(sequence)
    if (!sent) return
    this.#sent.delete(sequence)
    if (isAccepted) return
    this.#refused(sent)
    const socket = this.#listeners.socketOf(sent.key)
    if (socket) socket.takeBack(sent.client)
    else sent.client.close()
  }

  #noteClosed(key: string): void {
    if (this.#closed.size < masterLimits.addresses) this.#closed.add(key)
  }

  #refused({ key }: Sent): void {
    if (!this.isServing || this.#closed.has(key)) return
    this.#fullAt = performance.now()
    this.#listeners.onFull(this)
  }

  /**
   * Node emits no `'disconnect'` when the worker dies with a connection on the way. Without the
   * event, `cluster` keeps the dead worker when the end of the process comes before the end of the
   * channel. This class emits the event then.
   */
  #watchEnd(): void {
    const child = this.#child
    const { disconnect } = child
    let hasClosed = false
    let hasExited = false
    const check = (): void => {
      if (hasExited && !child.connected && !hasClosed) child.emit('disconnect')
    }
    child.disconnect = () => {
      Reflect.apply(disconnect, child, [])
      // Node's own event comes before.
      setImmediate(check)
    }
    child.once('disconnect', () => {
      hasClosed = true
      this.#giveBack()
      this.#listeners.onClosed()
    })
    child.once('exit', () => {
      hasExited = true
      setImmediate(check)
      // A child process of the worker can hold the channel open.
      setTimeout(() => this.#giveBack(), socketLimits.channelMs).unref()
    })
  }

  /** Node's own listener of `'disconnect'` has removed the worker before. */
  #giveBack(): void {
    for (const sent of [...this.#sent.values()]) {
      this.#child.emit('internalMessage', refusal(sent), undefined)
    }
  }
}
