import { liveLimits } from '../limits/tools/live.ts'

/**
 * The pause that pages should make between two requests, so that many pages together ask about as
 * often as a few. Pages that opened at the same time ask at the same time, and are silent together:
 * the estimate needs a time that is longer than the longest pause.
 */
export class PollPace {
  /** The time that the requests of each step cover: their number times the pause, seconds. */
  readonly #covered: number[] = []
  #requests = 0
  #seconds = 1

  get seconds(): number {
    return this.#seconds
  }

  note(): void {
    this.#requests += 1
  }

  /** At the end of each step of the history. */
  step(): void {
    const stepSeconds = liveLimits.stepMs / 1_000
    this.#covered.push(this.#requests * this.#seconds)
    if (this.#covered.length > steps) this.#covered.shift()
    const covered = this.#covered.reduce((sum, each) => sum + each, 0)
    const usual = covered / (this.#covered.length * stepSeconds)
    if (covered === 0) this.#covered.length = 0
    // Pages that have just opened: a page asks at most once in each pause.
    const now = this.#requests * Math.min(1, this.#seconds / stepSeconds)
    const wanted = Math.ceil(Math.max(usual, now) / liveLimits.requestsPerSecond)
    this.#seconds = Math.min(liveLimits.longestPollSeconds, Math.max(1, wanted))
    this.#requests = 0
  }
}

/** Steps behind the estimate: longer than the longest pause. */
const steps = 1 + Math.ceil((1_000 * liveLimits.longestPollSeconds) / liveLimits.stepMs)
