import { clearTimeout, setTimeout } from 'node:timers'
import { logLimits } from '../limits/log.ts'

export interface ChangeLogLimitOptions {
  readonly print: (text: string) => void
  /** Time in which no more than logLimits.stateChanges are printed of one subject, milliseconds. */
  readonly periodMs: number
}

interface Subject {
  /** When the last ones were printed, by `performance.now()`. */
  times: number[]
  last: string | undefined
  /** The last one that was not. */
  waiting: string | undefined
  timer: NodeJS.Timeout | undefined
}

/**
 * Tells states of a few subjects as they change. One that changes too often is told less often, and in the end as it is: whoever
 * reads the last line of it shall not be wrong for long.
 */
export class ChangeLogLimit {
  readonly #options: ChangeLogLimitOptions
  /** As many as the program has names for. */
  readonly #subjects = new Map<string, Subject>()

  constructor(options: ChangeLogLimitOptions) {
    this.#options = options
  }

  tell(name: string, text: string): void {
    const subject = this.#subjects.get(name) ?? {
      times: [],
      last: undefined,
      waiting: undefined,
      timer: undefined,
    }
    this.#subjects.set(name, subject)
    const now = performance.now()
    const { periodMs, print } = this.#options
    subject.times = subject.times.filter((time) => time > now - periodMs)
    const [oldest = now] = subject.times
    if (subject.times.length >= logLimits.stateChanges) {
      subject.waiting = text
      subject.timer ??= setTimeout(() => this.#catchUp(name), oldest + periodMs - now).unref()
      return
    }
    clearTimeout(subject.timer)
    Object.assign(subject, { timer: undefined, waiting: undefined, last: text })
    subject.times.push(now)
    print(text)
  }

  #catchUp(name: string): void {
    const subject = this.#subjects.get(name)
    if (!subject) return
    subject.timer = undefined
    const { waiting, last } = subject
    subject.waiting = undefined
    if (waiting !== undefined && waiting !== last) this.tell(name, waiting)
  }
}
