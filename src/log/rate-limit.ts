import { logLimits } from '../limits/log.ts'
import type { CodedText } from '../model/errors/coded-text.ts'
import { monotonicNow } from '../support/intrinsics/monotonic-now.ts'
import { clearTimeout, setTimeout } from '../support/intrinsics/timers.ts'
import { LineBudget } from './line-budget.ts'

export interface ChangeLogLimitOptions {
  readonly print: (text: CodedText, subject: string) => void
  /** Period in which one subject gets at most `logLimits.stateChanges` lines, milliseconds. */
  readonly periodMs: number
}

interface Subject {
  readonly budget: LineBudget
  last: CodedText | undefined
  /** The last line that was not printed. */
  waiting: CodedText | undefined
  timer: NodeJS.Timeout | undefined
}

/**
 * Prints the changes of a few subjects' states. A state that changes too often gets fewer lines.
 * The last line always shows the present state, at the latest after the period.
 */
export class ChangeLogLimit {
  readonly #options: ChangeLogLimitOptions
  /** Bounded by the names in the program. */
  readonly #subjects = new Map<string, Subject>()

  constructor(options: ChangeLogLimitOptions) {
    this.#options = options
  }

  print(name: string, text: CodedText): void {
    const subject = this.#subjects.get(name) ?? {
      budget: new LineBudget(logLimits.stateChanges, this.#options.periodMs),
      last: undefined,
      waiting: undefined,
      timer: undefined,
    }
    this.#subjects.set(name, subject)
    const waitMs = subject.budget.take(monotonicNow())
    if (waitMs > 0) {
      subject.waiting = text
      subject.timer ??= setTimeout(() => this.#catchUp(name), waitMs).unref()
      return
    }
    clearTimeout(subject.timer)
    Object.assign(subject, { timer: undefined, waiting: undefined, last: text })
    this.#options.print(text, name)
  }

  #catchUp(name: string): void {
    const subject = this.#subjects.get(name)
    if (!subject) return
    subject.timer = undefined
    const { waiting, last } = subject
    subject.waiting = undefined
    if (waiting !== undefined && waiting !== last) this.print(name, waiting)
  }
}
