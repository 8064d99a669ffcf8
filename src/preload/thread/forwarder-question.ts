import { exporterLimits } from '../../limits/exporter.ts'
import type { ForwarderStatus } from '../../share/sharing-status.ts'
import { type Clock, nodeClock } from '../../support/clock.ts'

/**
 * Asks the exporter thread for the state of the sharing. Simultaneous callers share one question.
 */
export class ForwarderQuestion {
  readonly #post: () => void
  readonly #clock: Clock
  #open: Promise<ForwarderStatus | undefined> | undefined
  #settle: ((status: ForwarderStatus | undefined) => void) | undefined

  /** @param post sends the question to the exporter thread. */
  constructor(post: () => void, clock: Clock = nodeClock) {
    this.#post = post
    this.#clock = clock
  }

  /**
   * Resolves with undefined if nothing is shared, or if no answer arrives within
   * `exporterLimits.forwarderStatusMs`.
   */
  ask(): Promise<ForwarderStatus | undefined> {
    this.#open ??= new Promise((resolve) => {
      const cancel = this.#clock.after(exporterLimits.forwarderStatusMs, () =>
        this.answer(undefined),
      )
      this.#settle = (status) => {
        cancel()
        resolve(status)
      }
      this.#post()
    })
    return this.#open
  }

  answer(status: ForwarderStatus | undefined): void {
    this.#settle?.(status)
    this.#open = undefined
    this.#settle = undefined
  }
}
