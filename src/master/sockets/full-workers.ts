import { performance } from 'node:perf_hooks'
import { socketLimits } from '../../limits/master.ts'
import type { GunicornLog } from '../../log/gunicorn-log.ts'
import { coded } from '../../model/errors/coded-text.ts'

/** Tells the log, now and then, that workers refuse connections. */
export class FullWorkers {
  readonly #log: Pick<GunicornLog, 'write'>
  #refusals = 0
  #toldAt = Number.NEGATIVE_INFINITY

  constructor(log: Pick<GunicornLog, 'write'>) {
    this.#log = log
  }

  /** @param pid the pid of a worker that has all its connections. */
  tell(pid: number | undefined): void {
    this.#refusals += 1
    const now = performance.now()
    if (now - this.#toldAt < socketLimits.fullLineMs) return
    this.#toldAt = now
    const text = `Worker (pid:${pid}) has all its connections. New connections go to other workers`
    const line = `${text}, or wait. Refusals so far: ${this.#refusals}`
    this.#log.write('warning', coded('GPE_WORKER_FULL', line))
  }
}
