import type { Worker } from 'node:cluster'
import { socketLimits } from '../../limits/master.ts'
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
import type { ListeningSocket } from './listening-socket.ts'

export interface WorkerChannelListeners {
  readonly socketOf: (key: string) => ListeningSocket | undefined
  /** Called before `cluster` reads the message. */
  readonly before: (message: FromWorker) => void
  /** Called after `cluster` has read the message. */
  readonly after: (message: FromWorker) => void
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

  constructor({ process: child }: Pick<Worker, 'process'>, listeners: WorkerChannelListeners) {
    this.#child = child
    this.#listeners = listeners
    this.#watchSent()
    this.#watchEnd()
    child.prependListener('internalMessage', (message: unknown) => this.#before(message))
    child.on('internalMessage', (message: unknown) => {
      const parsed = parseFromWorker(message)
      if (parsed) listeners.after(parsed)
    })
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
      this.#noteSent(message, others[0])
      return Reflect.apply(send, child, [message, ...others]) as boolean
    }
  }

  #noteSent(message: unknown, handle: unknown): void {
    if (isEnvelope(message, retireCommand) || isEnvelope(message, quitCommand)) {
      this.#isEnding = true
    }
    const handOver = parseHandOver(message)
    if (!handOver || !handle) return
    const client = handle as Client
    this.#listeners.socketOf(handOver.key)?.sent(client)
    this.#sent.set(handOver.sequence, { ...handOver, client })
  }

  #before(message: unknown): void {
    const parsed = parseFromWorker(message)
    if (!parsed) return
    if (parsed.kind === 'answer') this.#answered(parsed)
    this.#listeners.before(parsed)
  }

  #answered({ sequence, isAccepted }: Extract<FromWorker, { kind: 'answer' }>): void {
    const sent = this.#sent.get(sequence)
    if (!sent) return
    this.#sent.delete(sequence)
    if (isAccepted) return
    const socket = this.#listeners.socketOf(sent.key)
    if (socket) socket.takeBack(sent.client)
    else sent.client.close()
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
