import { exporterLimits } from '../../limits/exporter.ts'
import { type Clock, nodeClock } from '../../support/clock.ts'

/** A question to the exporter thread. Simultaneous callers share one question. */
export class ThreadQuestion<Answer> {
  readonly #post: () => void
  readonly #clock: Clock
  #open: Promise<Answer | undefined> | undefined
  #settle: ((answer: Answer | undefined) => void) | undefined

  /** @param post sends the question to the exporter thread. */
  constructor(post: () => void, clock: Clock = nodeClock) {
    this.#post = post
    this.#clock = clock
  }

  /**
   * Resolves with undefined if the thread does not know the answer, or if no answer arrives within
   * `exporterLimits.answerMs`.
   */
  ask(): Promise<Answer | undefined> {
    this.#open ??= new Promise((resolve) => {
      const cancel = this.#clock.after(exporterLimits.answerMs, () => this.answer(undefined))
      this.#settle = (answer) => {
        cancel()
        resolve(answer)
      }
      this.#post()
    })
    return this.#open
  }

  answer(answer: Answer | undefined): void {
    this.#settle?.(answer)
    this.#open = undefined
    this.#settle = undefined
  }
}
