import type { Worker } from 'node:cluster'
import { parseFailure, type ToProfiledWorker } from '../../profiles/profile-order.ts'
import { keepListener } from '../../support/listeners/kept-listener.ts'
import type { Stop } from '../../support/stop.ts'
import type { Heartbeat } from './heartbeat.ts'

interface Watch {
  readonly heartbeat: Heartbeat
  /** The clock, milliseconds. */
  readonly now: () => number
}

/** A while in which silence has no consequence. */
export interface Suspension {
  /** The silence so far was not the worker's fault. */
  readonly forgive: () => void
  /** Silence counts again: a worker that still hangs is killed. */
  readonly end: () => void
}

/** A worker as the taker of a profile sees the worker. */
export class ProfiledWorker {
  readonly #worker: Worker
  readonly #watch: Watch

  constructor(worker: Worker, watch: Watch) {
    this.#worker = worker
    this.#watch = watch
  }

  get forkNumber(): number {
    return this.#worker.id
  }

  get hasEnded(): boolean {
    const { exitCode, signalCode } = this.#worker.process
    return exitCode !== null || signalCode !== null
  }

  /** Sends a message, if the worker still has a channel. */
  send(message: ToProfiledWorker): void {
    if (this.#worker.isConnected()) this.#worker.process.send({ ...message }, () => {})
  }

  /** Calls back with the reason when the worker cannot take the profile of this number. */
  onFailure(number: number, act: (reason: string) => void): Stop {
    return keepListener(this.#worker.process, 'internalMessage', (value: unknown) => {
      const failure = parseFailure(value)
      if (failure?.number === number) act(failure.reason)
    })
  }

  /** Lets the worker be silent for a while. */
  suspendTimeout(ms: number): Suspension {
    const { heartbeat, now } = this.#watch
    heartbeat.suspend(now() + ms)
    return {
      forgive: () => heartbeat.restart(now()),
      end: () => heartbeat.resume(),
    }
  }
}
