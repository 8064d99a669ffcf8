import type { Worker } from 'node:cluster'
import {
  askedCommand,
  beatCommand,
  closedCommand,
  type FromAgent,
  type HeldSignal,
  heardCommand,
  parseFromAgent,
  quitCommand,
  releaseCommand,
  type reopenCommand,
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

  constructor(worker: Worker, listeners: AgentListeners) {
    this.#worker = worker
    this.#listeners = listeners
    worker.process.on('internalMessage', (value: unknown) => {
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

  /** Sends a command, if the worker still has a channel. */
  send(cmd: typeof retireCommand | typeof reopenCommand): void {
    this.#send({ cmd })
  }

  /** Ends the worker at once. @param signal goes to an application with a listener. */
  quit(signal: HeldSignal): void {
    this.#send({ cmd: quitCommand, signal })
  }

  #send(message: ToAgent): void {
    if (this.#worker.isConnected()) this.#worker.process.send(message, () => {})
  }

  #receive(message: FromAgent): void {
    const { onBeat, onSpent } = this.#listeners
    if (message.cmd === beatCommand) onBeat(message.rssBytes)
    if (message.cmd === spentCommand) onSpent()
    if (message.cmd === askedCommand) this.#asked(message.signal)
    if (message.cmd === closedCommand) this.#send({ cmd: releaseCommand })
  }

  #asked(signal: HeldSignal): void {
    this.#askedAt = this.#listeners.now()
    this.#send({ cmd: heardCommand })
    this.#listeners.onAsked(signal)
  }
}
