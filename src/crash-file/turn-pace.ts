import { crashFileLimits } from '../limits/crash-file.ts'

const { singleTurns, writesAtOnce } = crashFileLimits

/**
 * Decides when counts are written: at once, or after the turn of the event loop. Waiting for the
 * end of a turn costs more than a write, because Node polls once more for events. So waiting pays
 * only for several counts in a turn.
 */
export class TurnPace {
  /** Turns with a single count, in a row. */
  #singles = 0
  /** Writes at once until the next look at a whole turn. */
  #left = 0
  #written = 0

  /** Whether the next count is written at once. */
  get isAtOnce(): boolean {
    return this.#left > 0
  }

  /** @param ended requests that have ended so far, at a write. */
  wrote(ended: number): void {
    const counts = ended - this.#written
    this.#written = ended
    if (this.#left > 0) {
      this.#left -= 1
      return
    }
    this.#singles = counts > 1 ? 0 : this.#singles + 1
    if (this.#singles < singleTurns) return
    // The next look at a whole turn decides again.
    this.#singles = singleTurns - 1
    this.#left = writesAtOnce
  }
}
