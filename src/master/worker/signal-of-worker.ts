import { masterLimits } from '../../limits/master.ts'
import type { HeldSignal } from '../agent/message.ts'

/**
 * A stop signal that a worker got. The sender can have signalled the whole process group. The
 * master therefore waits a moment for the same signal before the master acts on the worker.
 */
export class SignalOfWorker {
  readonly #onDecide: (signal: HeldSignal) => void
  #timer: NodeJS.Timeout | undefined
  #signal: HeldSignal = 'SIGTERM'

  /** @param onDecide called when the master got no signal of its own. */
  constructor(onDecide: (signal: HeldSignal) => void) {
    this.#onDecide = onDecide
  }

  /** Repeated signals do not extend the wait; SIGTERM does not weaken an earlier signal. */
  note(signal: HeldSignal): void {
    if (!this.#timer || signal !== 'SIGTERM') this.#signal = signal
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#onDecide(this.#signal)
    }, masterLimits.groupSignalMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
