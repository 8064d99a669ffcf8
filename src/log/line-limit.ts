import type { CodedText } from '../model/errors/coded-text.ts'
import { type Clock, nodeClock } from '../support/clock.ts'
import type { Stop } from '../support/stop.ts'
import { LineBudget } from './line-budget.ts'
import type { LogFields } from './log-line.ts'

export interface LineLimitOptions {
  readonly print: (text: CodedText, fields?: LogFields) => void
  /** Lines in one period. */
  readonly lines: number
  /** Milliseconds. */
  readonly periodMs: number
  /** The text about lines that were left out when no further line follows. */
  readonly summary: (leftOut: number) => CodedText
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
  readonly #budget: LineBudget
  #leftOut = 0
  #stopWaiting: Stop | undefined

  constructor(options: LineLimitOptions) {
    this.#options = options
    this.#clock = options.clock ?? nodeClock
    this.#budget = new LineBudget(options.lines, options.periodMs)
  }

  print(text: CodedText, fields?: LogFields): void {
    const { print } = this.#options
    const waitMs = this.#budget.take(this.#clock.now())
    if (waitMs > 0) {
      this.#leftOut += 1
      this.#stopWaiting ??= this.#clock.after(waitMs, () => this.#summarize())
      return
    }
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
