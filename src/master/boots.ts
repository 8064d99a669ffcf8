import { masterLimits } from '../limits/master.ts'
import { type Backoff, backoffMs } from '../support/backoff.ts'

const backoff: Backoff = {
  firstMs: masterLimits.firstForkPauseMs,
  lastMs: masterLimits.longestForkPauseMs,
}

/** Forks of a master: at once, or after a pause that grows while workers end before they serve. */
export class Boots {
  readonly #fork: () => void
  /** Bounded by the wanted workers. */
  readonly #pauses = new Set<NodeJS.Timeout>()
  #failures = 0

  constructor(fork: () => void) {
    this.#fork = fork
  }

  /** Boots that failed since a worker last served. */
  get failures(): number {
    return this.#failures
  }

  /** Forks that wait for the end of their pause. */
  get waiting(): number {
    return this.#pauses.size
  }

  forkSoon(wanted: number): void {
    const pauseMs = this.#pauseMs(wanted)
    if (pauseMs === 0) this.#fork()
    else this.#forkAfter(pauseMs)
  }

  /** Forks after a fork that the system refused: always with a pause. */
  forkAgain(wanted: number): void {
    this.#forkAfter(Math.max(backoffMs(1, backoff), this.#pauseMs(wanted)))
  }

  /** Cancels up to `count` forks that wait. @returns the number of cancelled forks. */
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
