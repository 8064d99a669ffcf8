import type { Worker } from 'node:cluster'
import { keepListener } from '../../support/listeners/kept-listener.ts'
import {
  askedCommand,
  beatCommand,
  closedCommand,
  type FromAgent,
  type HeldSignal,
  heardCommand,
  missedCommand,
  parseFromAgent,
  quitCommand,
  releaseCommand,
  reopenCommand,
  type retireCommand,
  spentCommand,
  type ToAgent,
} from '../agent/message.ts'

export interface AgentListeners {
  /** The worker lives. The resident memory of the worker, bytes. */
  readonly onBeat: (rssBytes: number) => void
  /** The worker has served its number of requests. */
  readonly onSpent: () => void
  /** The worker got this signal, perhaps with the whole process group. The worker waits. */
  readonly onAsked: (signal: HeldSignal) => void
  /** The clock, milliseconds. */
  readonly now: () => number
}

/** The messages between a master and the agent of a worker. */
export class AgentChannel {
  readonly #worker: Worker
  readonly #listeners: AgentListeners
  /** When another process asked the worker to end, last, by the clock. */
  #askedAt = Number.NEGATIVE_INFINITY
  /** The last command that changes what the worker does. */
  #last: ToAgent | undefined

  constructor(worker: Worker, listeners: AgentListeners) {
    this.#worker = worker
    this.#listeners = listeners
    // A hook of the operator can remove all listeners.
    keepListener(worker.process, 'internalMessage', (value: unknown) => {
      const message = parseFromAgent(value)
      if (message) this.#receive(message)
    })
  }

  /**
   * Whether another process asked the worker to end within so many milliseconds. An application can
   * ignore the signal, and end for another reason later.
   */
  wasAsked(withinMs: number): boolean {
    return this.#listeners.now() - this.#askedAt <= withinMs
  }

  /** Sends a command. @returns whether the worker still has a channel. */
  send(cmd: typeof retireCommand | typeof reopenCommand): boolean {
    return this.#send({ cmd })
  }

  /**
   * Ends the worker at once.
   * @param signal goes to an application with a listener.
   * @returns whether the worker still has a channel.
   */
  quit(signal: HeldSignal): boolean {
    return this.#send({ cmd: quitCommand, signal })
  }

  #send(message: ToAgent): boolean {
    if (message.cmd !== reopenCommand) this.#last = message
    if (!this.#worker.isConnected()) return false
    this.#worker.process.send(message, () => {})
    return true
  }

  #receive(message: FromAgent): void {
    const { onBeat, onSpent } = this.#listeners
    if (message.cmd === beatCommand) onBeat(message.rssBytes)
    if (message.cmd === spentCommand) onSpent()
    if (message.cmd === askedCommand) this.#asked(message.signal)
    if (message.cmd === closedCommand) this.#send({ cmd: releaseCommand })
    if (message.cmd === missedCommand && this.#last) this.#send(this.#last)
  }

  #asked(signal: HeldSignal): void {
    this.#askedAt = this.#listeners.now()
    this.#send({ cmd: heardCommand })
    this.#listeners.onAsked(signal)
  }
}
