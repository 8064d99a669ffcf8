import { type MasterReason, masterReason } from '../../model/signal.ts'
import type { Stop } from '../../support/stop.ts'

/**
 * Tells the signals that the application listens for. A listener of ours would take away a signal's
 * default action, so we look at `process.emit`, which Node calls for signals with a listener only. Node
 * binds it when the first listener of a signal is added: those that were there before are not seen.
 */
export function observeSignals(onSignal: (reason: MasterReason) => void): Stop {
  // The prototype is the process's own. There it is not in the way of a program that looks at, copies or
  // replaces the properties of `process`.
  const prototype = Object.getPrototypeOf(process) as NodeJS.EventEmitter
  const before = Object.getOwnPropertyDescriptor(prototype, 'emit')
  const parent = Object.getPrototypeOf(prototype) as NodeJS.EventEmitter
  // Of the same name as the one it stands for: Node's warnings tell it.
  function emit(this: NodeJS.EventEmitter, name: string | symbol, ...rest: unknown[]): boolean {
    const reason = typeof name === 'string' ? masterReason(name) : undefined
    if (reason && process.listenerCount(name as string) > 0) onSignal(reason)
    // Looked up anew: `domain` replaces the inherited one when it is loaded.
    const inherited = before === undefined ? parent.emit : (before.value as typeof parent.emit)
    return inherited.call(this, name, ...rest)
  }
  Object.defineProperty(prototype, 'emit', {
    configurable: true,
    enumerable: false,
    writable: true,
    value: emit,
  })
  return () => {
    // Whoever wrapped it after us keeps its wrapper, which calls ours.
    if (prototype.emit !== emit) return
    if (before) Object.defineProperty(prototype, 'emit', before)
    else Reflect.deleteProperty(prototype, 'emit')
  }
}
