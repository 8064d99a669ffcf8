import { constants } from 'node:os'
import { afterRemoval } from '../../support/listeners/removed-listeners.ts'
import { addUncounted } from '../../support/listeners/uncounted-listener.ts'
import { type HeldSignal, heldSignals } from './message.ts'

type Emit = (name: string | symbol, ...values: unknown[]) => boolean

/** The used part of `process`. */
export type SignalledProcess = NodeJS.EventEmitter

/**
 * The signals of a process, held back from the listeners of the application. Node.js binds
 * `process.emit` when the first listener of a signal is added, and calls the bound function at each
 * signal. A function in the place of `emit` at this moment gets the signals alone.
 */
export class ApplicationSignals {
  readonly #process: SignalledProcess
  readonly #onSignal: (signal: HeldSignal) => void
  /** Signals with a listener of this class, so that the system does not end the process. */
  readonly #held = new Set<HeldSignal>()
  readonly #placeholder = (): void => {}

  /** @param onSignal called instead of the listeners of the application. */
  constructor(process: SignalledProcess, onSignal: (signal: HeldSignal) => void) {
    this.#process = process
    this.#onSignal = onSignal
  }

  /**
   * Holds all signals back from now on. The signals stay held after `removeAllListeners()` of the
   * application.
   */
  hold(): void {
    for (const signal of heldSignals) this.#hold(signal)
    afterRemoval(this.#process, () => {
      for (const signal of this.#held) if (!this.#hasPlaceholder(signal)) this.#bind(signal)
    })
  }

  /** Whether the application listens for the signal. */
  hasListener(signal: HeldSignal): boolean {
    const own = this.#hasPlaceholder(signal) ? 1 : 0
    return this.#process.listenerCount(signal) > own
  }

  /** Calls the listeners of the application. */
  deliver(signal: HeldSignal): void {
    this.#process.emit(signal, signal, constants.signals[signal])
  }

  /**
   * Holds the signal back no more. Without a listener of the application, the signal ends the
   * process. Libraries such as `signal-exit` remove their listener and send the signal again.
   */
  release(signal: HeldSignal): void {
    if (this.#held.delete(signal)) this.#process.off(signal, this.#placeholder)
  }

  #hasPlaceholder(signal: HeldSignal): boolean {
    return this.#process.rawListeners(signal).includes(this.#placeholder)
  }

  #hold(signal: HeldSignal): void {
    // Listeners of a module that was loaded earlier: Node.js has bound `emit` for them.
    const earlier = this.#process.rawListeners(signal)
    this.#process.removeAllListeners(signal)
    this.#bind(signal)
    this.#held.add(signal)
    for (const listener of earlier) this.#process.on(signal, listener as () => void)
  }

  #bind(signal: HeldSignal): void {
    const target = this.#process
    const own = Object.getOwnPropertyDescriptor(target, 'emit')
    const { emit } = target
    const value: Emit = (name, ...values) => {
      // While the listener is added, the function gets the event `newListener` too.
      if (name !== signal) return emit.call(target, name, ...values)
      if (!this.#held.has(signal)) return target.emit(name, ...values)
      this.#onSignal(signal)
      return true
    }
    Object.defineProperty(target, 'emit', { configurable: true, writable: true, value })
    addUncounted(target, this.#placeholder, () => target.on(signal, this.#placeholder))
    if (own) Object.defineProperty(target, 'emit', own)
    else Reflect.deleteProperty(target, 'emit')
  }
}
