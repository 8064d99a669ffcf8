import { exporterLimits } from '../limits/exporter.ts'
import type { ForwarderStatus } from '../share/sharing-status.ts'

/**
 * Asks the exporter thread for the state of the sharing. Simultaneous callers share one question.
 */
export class ForwarderQuestion {
  readonly #post: () => void
  #open: Promise<ForwarderStatus | undefined> | undefined
  #settle: ((status: ForwarderStatus | undefined) => void) | undefined

  constructor(post: () => void) {
    this.#post = post
  }

  /**
   * Resolves with undefined if nothing is shared, or if no answer arrives within
   * `exporterLimits.forwarderStatusMs`.
   */
  ask(): Promise<ForwarderStatus | undefined> {
    this.#open ??= new Promise((resolve) => {
      const timer = setTimeout(
        () => this.answer(undefined),
        exporterLimits.forwarderStatusMs,
      ).unref()
      this.#settle = (status) => {
        clearTimeout(timer)
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
