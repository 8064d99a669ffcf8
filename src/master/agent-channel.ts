import type { Worker } from 'node:cluster'
import {
  askedCommand,
  beatCommand,
  commandOf,
  drainedCommand,
  type FromAgent,
  releaseCommand,
  spentCommand,
  type ToAgent,
  toldCommand,
} from './agent/message.ts'

export interface AgentListeners {
  readonly onBeat: () => void
  /** The worker has served its number of requests. */
  readonly onSpent: () => void
  /** The worker got SIGTERM or SIGQUIT from another process. */
  readonly onAsked: () => void
  /** The clock, milliseconds. */
  readonly now: () => number
}

/** The messages between a master and the agent of a worker. */
export class AgentChannel {
  readonly #worker: Worker
  readonly #now: () => number
  /** When another process asked the worker to end, last, by the clock. */
  #askedAt = Number.NEGATIVE_INFINITY

  constructor(worker: Worker, { onBeat, onSpent, onAsked, now }: AgentListeners) {
    this.#worker = worker
    this.#now = now
    const acts = new Map<FromAgent['cmd'], () => void>([
      [beatCommand, onBeat],
      [spentCommand, onSpent],
      [toldCommand, () => this.#noteAsked()],
      [askedCommand, () => this.#noteAsked(onAsked)],
      [drainedCommand, () => this.send(releaseCommand)],
    ])
    worker.process.on('internalMessage', (message: unknown) => {
      const command = commandOf(message)
      for (const [known, act] of acts) if (known === command) act()
    })
  }

  /**
   * Whether another process asked the worker to end within so many milliseconds. An application can
   * ignore the signal, and end for another reason later.
   */
  wasAsked(withinMs: number): boolean {
    return this.#now() - this.#askedAt <= withinMs
  }

  /** Sends a command, if the worker still has a channel. */
  send(cmd: ToAgent['cmd']): void {
    if (this.#worker.isConnected()) this.#worker.process.send({ cmd }, () => {})
  }

  #noteAsked(then: () => void = () => {}): void {
    this.#askedAt = this.#now()
    then()
  }
}
