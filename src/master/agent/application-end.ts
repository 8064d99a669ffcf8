import { type CodedText, coded } from '../../model/errors/coded-text.ts'
import { printable } from '../../model/text/printable.ts'
import { messageOf } from '../../support/error-message.ts'
import { setImmediate } from '../../support/intrinsics/timers.ts'
import { beginDrain, type DrainListener, sharedDrains } from '../drains/drains.ts'
import type { ApplicationSignals } from './application-signals.ts'

/** The used part of `process`. */
export interface EndingProcess extends Pick<NodeJS.Process, 'channel' | 'exit' | 'emitWarning'> {}

export interface ApplicationEndOptions {
  readonly process: EndingProcess
  /** Ends the process, also after the application has replaced `process.exit`. */
  readonly exit: (code: number) => void
  /** Prints a warning. Must not throw. */
  readonly warn: (text: CodedText) => void
  readonly signals: ApplicationSignals
  /** Called when a promise of the application has settled. */
  readonly onSettled: () => void
}

/** Tells the application that the worker ends, and ends the process. */
export class ApplicationEnd {
  readonly #options: ApplicationEndOptions
  /** Promises of `onDrain()` that are pending. */
  #pending = 0
  #phase: 'running' | 'told' | 'finished' = 'running'

  constructor(options: ApplicationEndOptions) {
    this.#options = options
    // Now: the application can freeze the global object later.
    sharedDrains()
  }

  /** Whether the application still works on the beginning of the drain. */
  get isPending(): boolean {
    return this.#pending > 0
  }

  /** Calls the functions of `onDrain()`. */
  begin(): void {
    beginDrain((listener) => void this.#call(listener))
  }

  /** Delivers SIGTERM to an application that listens for it, once. */
  tell(): void {
    const { signals } = this.#options
    if (this.#phase !== 'running' || !signals.hasListener('SIGTERM')) return
    this.#phase = 'told'
    signals.release('SIGTERM')
    signals.deliver('SIGTERM')
  }

  /** Ends the process. An application that listens for SIGTERM ends the process itself. */
  finish(): void {
    this.tell()
    const { process, exit } = this.#options
    if (this.#phase === 'running') exit(0)
    if (this.#phase === 'told') {
      // Without the channel to the master, Node.js ends the process when nothing is left to do.
      setImmediate(() => process.channel?.unref())
    }
    this.#phase = 'finished'
  }

  async #call(listener: DrainListener): Promise<void> {
    this.#pending += 1
    try {
      await listener()
    } catch (error) {
      const text = `A function of onDrain() failed: ${printable(messageOf(error))}`
      this.#options.warn(coded('GPE_DRAIN_FAILED', text))
    }
    this.#pending -= 1
    this.#options.onSettled()
  }
}
