import { type Backoff, backoffMs } from '../support/backoff.ts'

/** How many boots in a row may fail, per worker wanted, before the master gives up. */
const failuresPerWorker = 3

/** Pauses before a fork while workers end before they serve. */
const bootBackoff: Backoff = { firstMs: 100, lastMs: 10_000 }

/** Forks of a master: at once, or after a pause that grows while workers end before they serve. */
export class Boots {
  readonly #fork: () => void
  /** Bounded by the wanted workers. */
  readonly #pauses = new Set<NodeJS.Timeout>()
  /** Boots that failed since a worker last served. */
  #failures = 0

  constructor(fork: () => void) {
    this.#fork = fork
  }

  get failures(): number {
    return this.#failures
  }

  /** Forks that wait for their pause to end. */
  get waiting(): number {
    return this.#pauses.size
  }

  forkSoon(wanted: number): void {
    const pauseMs = this.#pauseMs(wanted)
    if (pauseMs === 0) this.#fork()
    else this.#forkAfter(pauseMs)
  }

  /** After a fork that the system refused: never at once. */
  forkAgain(wanted: number): void {
    this.#forkAfter(Math.max(backoffMs(1, bootBackoff), this.#pauseMs(wanted)))
  }

  /** Forks so many fewer of those that wait; @returns how many it were. */
  takeBack(count: number): number {
    const taken = [...this.#pauses].slice(0, Math.max(0, count))
    for (const pause of taken) {
      clearTimeout(pause)
      this.#pauses.delete(pause)
    }
    return taken.length
  }

  /** @returns whether so many have failed in a row that there is no hope. */
  failed(wanted: number): boolean {
    this.#failures += 1
    return this.#failures >= failuresPerWorker * Math.max(1, wanted)
  }

  succeeded(): void {
    this.#failures = 0
  }

  stop(): void {
    this.takeBack(this.#pauses.size)
  }

  #forkAfter(pauseMs: number): void {
    const pause = setTimeout(() => {
      this.#pauses.delete(pause)
      this.#fork()
    }, pauseMs)
    this.#pauses.add(pause)
  }

  #pauseMs(wanted: number): number {
    return backoffMs(Math.floor(this.#failures / Math.max(1, wanted)), bootBackoff)
  }
}
