/** The heartbeat of a process that ends, and is not watched any more. */
export const restingBeat = -1

/** A check this many pauses late means that this thread did not run either. */
const lateChecks = 3

export interface StallDetectorOptions {
  /** A standstill of this length is a stall, milliseconds. */
  readonly stallMs: number
  /** Pause between two checks, milliseconds. */
  readonly checkMs: number
}

/**
 * Finds an event loop that stands still. Only the time during which the watchdog ran itself
 * counts: a process that was stopped, or a paused machine, is not hung.
 */
export class StallDetector {
  readonly #options: StallDetectorOptions
  #beat = restingBeat
  #checkedAt: number
  #stoodStillMs = 0
  /** Whether the present standstill was reported. */
  #isReported = false

  /** @param now milliseconds of a clock that never goes back. */
  constructor(options: StallDetectorOptions, now: number) {
    this.#options = options
    this.#checkedAt = now
  }

  /** Time that the event loop has stood still, seconds. */
  get seconds(): number {
    return this.#stoodStillMs / 1_000
  }

  /**
   * @returns `stalled` once in a standstill, `moved` when a reported standstill ends.
   */
  check(beat: number, now: number): 'stalled' | 'moved' | undefined {
    const passedMs = Math.min(now - this.#checkedAt, lateChecks * this.#options.checkMs)
    this.#checkedAt = now
    if (beat === restingBeat || beat !== this.#beat) return this.#move(beat)
    this.#stoodStillMs += passedMs
    if (this.#isReported || this.#stoodStillMs < this.#options.stallMs) return undefined
    this.#isReported = true
    return 'stalled'
  }

  #move(beat: number): 'moved' | undefined {
    const wasReported = this.#isReported
    this.#beat = beat
    this.#stoodStillMs = 0
    this.#isReported = false
    return wasReported ? 'moved' : undefined
  }
}
