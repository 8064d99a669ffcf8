import { constants } from 'node:os'
import { collectLimits } from '../../limits/collect.ts'
import { afterRemoval } from '../../support/listeners/removed-listeners.ts'
import { addUncounted } from '../../support/listeners/uncounted-listener.ts'
import { callApplication } from './application-call.ts'
import { type HeldSignal, heldSignals } from './message.ts'

type Emit = (name: string | symbol, ...values: unknown[]) => boolean

/** The used part of `process`. */
export interface SignalledProcess
  extends NodeJS.EventEmitter,
    Pick<NodeJS.Process, 'pid' | 'kill'> {}

/** A listener of Node.js on `process`, which begins or ends the handling of a signal. */
type Handling = (signal: string) => void

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
  /** Taken now: `removeAllListeners()` without an event removes these listeners of Node.js too. */
  readonly #begin: Handling | undefined
  readonly #end: Handling | undefined

  /** @param onSignal called instead of the listeners of the application. Must not throw. */
  constructor(process: SignalledProcess, onSignal: (signal: HeldSignal) => void) {
    this.#process = process
    this.#onSignal = onSignal
    this.#begin = handling(process, 'newListener', 'startListeningIfSignal')
    this.#end = handling(process, 'removeListener', 'stopListeningIfSignal')
  }

  /**
   * Holds all signals back from now on. The signals stay held after `removeAllListeners()` of the
   * application.
   */
  hold(): void {
    for (const signal of heldSignals) this.#hold(signal)
    // A program that removes until no listener is left must come to an end.
    let returns = 0
    afterRemoval(this.#process, () => {
      if (returns < collectLimits.listenerReturns && this.holdAgain()) returns += 1
    })
  }

  /** Holds signals that the application has set free. @returns whether there were any. */
  holdAgain(): boolean {
    const free = [...this.#held].filter((signal) => !this.#hasPlaceholder(signal))
    for (const signal of free) this.#hold(signal)
    return free.length > 0
  }

  /** Whether the application listens for the signal. */
  hasListener(signal: HeldSignal): boolean {
    // A program that removes listeners and adds them again also adds the placeholder.
    return this.#process.rawListeners(signal).some((listener) => listener !== this.#placeholder)
  }

  /** Calls the listeners of the application. */
  deliver(signal: HeldSignal): void {
    callApplication(() => this.#process.emit(signal, signal, constants.signals[signal]))
  }

  /**
   * Holds the signal back no more. Without a listener of the application, the signal ends the
   * process. Libraries such as `signal-exit` remove their listener and send the signal again.
   */
  release(signal: HeldSignal): void {
    if (!this.#held.delete(signal)) return
    while (this.#hasPlaceholder(signal)) this.#process.off(signal, this.#placeholder)
    this.#end?.(signal)
  }

  #hasPlaceholder(signal: HeldSignal): boolean {
    return this.#process.rawListeners(signal).includes(this.#placeholder)
  }

  #hold(signal: HeldSignal): void {
    // Listeners of a module that was loaded earlier: Node.js has bound `emit` for them.
    const earlier = this.#process.rawListeners(signal) as (() => void)[]
    for (const listener of earlier) this.#process.off(signal, listener)
    this.#end?.(signal)
    this.#bind(signal)
    this.#held.add(signal)
    for (const listener of earlier) this.#process.on(signal, listener)
  }

  #bind(signal: HeldSignal): void {
    const target = this.#process
    const own = Object.getOwnPropertyDescriptor(target, 'emit')
    const { emit } = target
    const value: Emit = (name, ...values) => {
      // While the listener is added, the function gets the event `newListener` too.
      if (name !== signal) return emit.call(target, name, ...values)
      if (this.#held.has(signal)) this.#onSignal(signal)
      else if (target.listenerCount(signal) > 0) return target.emit(name, ...values)
      else this.#endProcess(signal)
      return true
    }
    Object.defineProperty(target, 'emit', { configurable: true, writable: true, value })
    addUncounted(target, this.#placeholder, () => target.on(signal, this.#placeholder))
    this.#begin?.(signal)
    if (own) Object.defineProperty(target, 'emit', own)
    else Reflect.deleteProperty(target, 'emit')
  }

  /** Ends the process as the system does without a listener: Node.js still handles the signal. */
  #endProcess(signal: HeldSignal): void {
    this.#end?.(signal)
    this.#process.kill(this.#process.pid, signal)
  }
}

/** Node.js exports these functions nowhere. Other listeners of the event are no such functions. */
function handling(
  process: SignalledProcess,
  event: 'newListener' | 'removeListener',
  name: string,
): Handling | undefined {
  return process.rawListeners(event).find((listener) => listener.name === name) as
    | Handling
    | undefined
}
