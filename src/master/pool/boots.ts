import { masterLimits } from '../../limits/master.ts'
import { type Backoff, backoffMs } from '../../support/backoff.ts'

const backoff: Backoff = {
  firstMs: masterLimits.firstForkPauseMs,
  lastMs: masterLimits.longestForkPauseMs,
}

/**
 * The pauses between the forks of a generation. Each failed boot and each short life makes the next
 * pause longer.
 */
export class Boots {
  readonly #onDue: () => void
  #pause: NodeJS.Timeout | undefined
  /** Length of the last pause, milliseconds. */
  #lengthMs = 0
  /** Failed boots since a worker last served. */
  #failures = 0
  /** Failed boots and short lives since a worker last lived for longer. */
  #shortLives = 0
  #hasToldSlow = false

  /** @param onDue called at the end of a pause. */
  constructor(onDue: () => void) {
    this.#onDue = onDue
  }

  /** Failed boots since a worker last served. */
  get failures(): number {
    return this.#failures
  }

  /** Whether the next fork has to wait. */
  get isPaused(): boolean {
    return this.#pause !== undefined
  }

  /** Counts a failed boot. @returns whether the master has to give up. */
  failed(wanted: number): boolean {
    this.#failures += 1
    this.livedShortly(wanted)
    return this.#failures >= masterLimits.failedBoots * Math.max(1, wanted)
  }

  /** Counts a worker that served, and ended soon after. */
  livedShortly(wanted: number): void {
    this.#shortLives += 1
    this.#startPause(this.#pauseMs(wanted))
  }

  /** No worker serves, and clients wait: shortens a long pause in progress. */
  shorten(): void {
    const { longestPauseAloneMs } = masterLimits
    if (!this.#pause || this.#lengthMs <= longestPauseAloneMs) return
    this.stop()
    this.#startPause(longestPauseAloneMs)
  }

  /** Whether the pauses have become long. True once, until a worker lives for longer. */
  becameSlow(wanted: number): boolean {
    if (this.#hasToldSlow || this.#pauseMs(wanted) < masterLimits.longestPauseAloneMs) return false
    this.#hasToldSlow = true
    return true
  }

  /** Pauses after the system has refused a fork. */
  refused(wanted: number): void {
    this.waitFor(Math.max(backoffMs(1, backoff), this.#pauseMs(wanted)))
  }

  /** Pauses for at least this time. */
  waitFor(pauseMs: number): void {
    this.#startPause(pauseMs)
  }

  /** A worker serves. */
  succeeded(): void {
    this.#failures = 0
  }

  /** A worker has served for longer than a short life. */
  lasted(): void {
    this.#shortLives = 0
    this.#hasToldSlow = false
  }

  stop(): void {
    clearTimeout(this.#pause)
    this.#pause = undefined
  }

  /** A pause in progress stays: deaths one after the other must not delay the fork without end. */
  #startPause(pauseMs: number): void {
    if (pauseMs === 0 || this.#pause) return
    this.#lengthMs = pauseMs
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      this.#onDue()
    }, pauseMs)
  }

  #pauseMs(wanted: number): number {
    return backoffMs(Math.floor(this.#shortLives / Math.max(1, wanted)), backoff)
  }
}
