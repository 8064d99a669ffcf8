import { masterLimits } from '../limits/master.ts'
import { type Backoff, backoffMs } from '../support/backoff.ts'

const backoff: Backoff = {
  firstMs: masterLimits.firstForkPauseMs,
  lastMs: masterLimits.longestForkPauseMs,
}

/** Forks of a master: at once, or after a pause. Each failed boot makes the pause longer. */
export class Boots {
  readonly #fork: () => void
  /** Bounded by the wanted workers. */
  readonly #pauses = new Set<NodeJS.Timeout>()
  #failures = 0

  constructor(fork: () => void) {
    this.#fork = fork
  }

  /** Failed boots since a worker last served. */
  get failures(): number {
    return this.#failures
  }

  /** Forks in a pause. */
  get waiting(): number {
    return this.#pauses.size
  }

  forkSoon(wanted: number): void {
    const pauseMs = this.#pauseMs(wanted)
    if (pauseMs === 0) this.#fork()
    else this.#forkAfter(pauseMs)
  }

  /** Forks when the system has refused a fork: always with a pause. */
  forkAgain(wanted: number): void {
    this.#forkAfter(Math.max(backoffMs(1, backoff), this.#pauseMs(wanted)))
  }

  /** Cancels up to `count` forks in a pause. @returns the number of cancelled forks. */
  cancel(count: number): number {
    const pauses = [...this.#pauses].slice(0, Math.max(0, count))
    for (const pause of pauses) {
      clearTimeout(pause)
      this.#pauses.delete(pause)
    }
    return pauses.length
  }

  /** Counts a failed boot. @returns whether the master has to give up. */
  failed(wanted: number): boolean {
    this.#failures += 1
    return this.#failures >= masterLimits.failedBoots * Math.max(1, wanted)
  }

  succeeded(): void {
    this.#failures = 0
  }

  stop(): void {
    this.cancel(this.#pauses.size)
  }

  #forkAfter(pauseMs: number): void {
    const pause = setTimeout(() => {
      this.#pauses.delete(pause)
      this.#fork()
    }, pauseMs)
    this.#pauses.add(pause)
  }

  #pauseMs(wanted: number): number {
    return backoffMs(Math.floor(this.#failures / Math.max(1, wanted)), backoff)
  }
}
