import { masterLimits } from '../../limits/master.ts'
import type { WorkerPool } from './worker-pool.ts'

/** Looks at the heartbeats of all workers, again and again. */
export class HeartbeatChecks {
  readonly #pool: Pick<WorkerPool, 'all'>
  readonly #now: () => number
  #lastAt: number

  /** @param now the clock, milliseconds. */
  constructor(pool: Pick<WorkerPool, 'all'>, now: () => number) {
    this.#pool = pool
    this.#now = now
    this.#lastAt = now()
  }

  /** The interval also keeps the process alive, for example while a hook runs. */
  start(): void {
    setInterval(() => this.#check(), masterLimits.heartbeatCheckMs)
  }

  #check(): void {
    const now = this.#now()
    // While the event loop of the master was blocked, the master read no heartbeats.
    const wasLate = now - this.#lastAt > 2 * masterLimits.heartbeatCheckMs
    this.#lastAt = now
    for (const worker of this.#pool.all()) worker.checkHeartbeat(now, wasLate)
  }
}
