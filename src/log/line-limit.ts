import { type Clock, nodeClock } from '../support/clock.ts'
import type { Stop } from '../support/stop.ts'
import type { LogFields } from './log-line.ts'

export interface LineLimitOptions {
  readonly print: (text: string, fields?: LogFields) => void
  /** Lines in one period. */
  readonly lines: number
  /** Milliseconds. */
  readonly periodMs: number
  /** The text about lines that were left out when no further line follows. */
  readonly summary: (leftOut: number) => string
  /** Default: the clock of Node. */
  readonly clock?: Pick<Clock, 'now' | 'after'>
}

/**
 * Prints a few lines in each period. The next line tells how many lines were left out, at the
 * latest the summary after the period.
 */
export class LineLimit {
  readonly #options: LineLimitOptions
  readonly #clock: Pick<Clock, 'now' | 'after'>
  /** Times of the last printed lines; at most `lines`. */
  #times: number[] = []
  #leftOut = 0
  #stopWaiting: Stop | undefined

  constructor(options: LineLimitOptions) {
    this.#options = options
    this.#clock = options.clock ?? nodeClock
  }

  print(text: string, fields?: LogFields): void {
    const { lines, periodMs, print } = this.#options
    const now = this.#clock.now()
    this.#times = this.#times.filter((time) => time > now - periodMs)
    const [oldest = now] = this.#times
    if (this.#times.length >= lines) {
      this.#leftOut += 1
      this.#stopWaiting ??= this.#clock.after(oldest + periodMs - now, () => this.#summarize())
      return
    }
    this.#times.push(now)
    const leftOut = this.#takeLeftOut()
    if (leftOut === 0) print(text, fields)
    else print(`${text} (lines left out before: ${leftOut})`, fields)
  }

  #summarize(): void {
    const leftOut = this.#takeLeftOut()
    if (leftOut > 0) this.#options.print(this.#options.summary(leftOut))
  }

  #takeLeftOut(): number {
    this.#stopWaiting?.()
    this.#stopWaiting = undefined
    const leftOut = this.#leftOut
    this.#leftOut = 0
    return leftOut
  }
}
