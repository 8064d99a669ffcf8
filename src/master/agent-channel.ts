import type { Worker } from 'node:cluster'
import {
  askedCommand,
  beatCommand,
  commandOf,
  drainedCommand,
  releaseCommand,
  spentCommand,
  type ToAgent,
} from './agent/message.ts'

export interface AgentListeners {
  readonly onBeat: () => void
  /** The worker has served its number of requests. */
  readonly onSpent: () => void
  /** The worker got SIGTERM from another process. */
  readonly onAsked: () => void
}

/** The messages between a master and the agent of a worker. */
export class AgentChannel {
  readonly #worker: Worker

  constructor(worker: Worker, { onBeat, onSpent, onAsked }: AgentListeners) {
    this.#worker = worker
    worker.process.on('internalMessage', (message: unknown) => {
      const command = commandOf(message)
      if (command === beatCommand) onBeat()
      if (command === spentCommand) onSpent()
      if (command === askedCommand) onAsked()
      if (command === drainedCommand) this.send(releaseCommand)
    })
  }

  /** Sends a command, if the worker still has a channel. */
  send(cmd: ToAgent['cmd']): void {
    if (this.#worker.isConnected()) this.#worker.process.send({ cmd }, () => {})
  }
}
