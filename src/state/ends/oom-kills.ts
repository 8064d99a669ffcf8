import { stateLimits } from '../../limits/state.ts'
import { readOomCounter } from './oom-counter.ts'

/**
 * Kills by the kernel's out-of-memory killer in our cgroup, from the counter `oom_kill`. The kernel
 * counts before it kills, and does not name the process. The next worker that ends by SIGKILL
 * counts as killed.
 */
export class OomKills {
  readonly #file: string | undefined
  /** Last value of the counter; undefined where the system has no counter. */
  #counted: number | undefined
  /** Kills without an ended worker. */
  #open = 0
  #lastIncreaseAt = Number.NEGATIVE_INFINITY

  /** @param file with the counter, see `oomCounterFile`; undefined without a counter. */
  constructor(file: string | undefined) {
    this.#file = file
    this.#counted = this.#read()
  }

  /** Reads the counter, at each end by SIGKILL. @param now monotonic milliseconds. */
  update(now: number): void {
    // An old kill hit another process of the cgroup.
    if (Math.abs(now - this.#lastIncreaseAt) > stateLimits.oomAttributionMs) this.#open = 0
    const count = this.#read()
    if (count === undefined) return
    const increase = count - (this.#counted ?? count)
    this.#counted = count
    if (increase <= 0) return
    this.#open += increase
    this.#lastIncreaseAt = now
  }

  /** Attributes a kill to a worker. @returns false where no kill is open. */
  take(): boolean {
    if (this.#open === 0) return false
    this.#open -= 1
    return true
  }

  #read(): number | undefined {
    return this.#file === undefined ? undefined : readOomCounter(this.#file)
  }
}
