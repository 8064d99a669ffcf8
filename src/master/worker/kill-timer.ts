import type { Worker } from 'node:cluster'
import type { GunicornLog } from '../../log/gunicorn-log.ts'
import { isSignalOfCrash } from '../../model/worker-end.ts'

/** Sends SIGKILL when a worker does not end in time. */
export class KillTimer {
  readonly #worker: Worker
  readonly #log: GunicornLog
  #timer: NodeJS.Timeout | undefined
  #hasKilled = false

  constructor(worker: Worker, log: GunicornLog) {
    this.#worker = worker
    this.#log = log
  }

  /** Whether another process's SIGKILL, or a signal of a crash, ended the worker. */
  get wasKilledFromElsewhere(): boolean {
    const { signalCode } = this.#worker.process
    if (signalCode === 'SIGKILL') return !this.#hasKilled
    return signalCode !== null && isSignalOfCrash(signalCode)
  }

  /** Replaces an earlier start. */
  start(afterMs: number): void {
    this.stop()
    const { process: child } = this.#worker
    this.#timer = setTimeout(() => {
      // The line about the death names the signal too.
      this.#log.write('debug', `Worker (pid:${child.pid}) did not end in time: SIGKILL`)
      // `worker.kill()` first disconnects, and never returns from a blocked worker.
      child.kill('SIGKILL')
      this.#hasKilled = true
    }, afterMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
