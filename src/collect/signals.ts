import { type MasterReason, masterReason } from '../model/signal.ts'
import type { Stop } from '../stop.ts'

/**
 * Counts the signals that the application listens for. A listener of ours would take away a signal's
 * default action, so we look at `process.emit`, which Node calls for signals with a listener only.
 */
export function observeSignals(onSignal: (reason: MasterReason) => void): Stop {
  const emitter: NodeJS.EventEmitter = process
  const { emit } = emitter
  function observed(this: NodeJS.EventEmitter, name: string | symbol, ...rest: unknown[]): boolean {
    const reason = typeof name === 'string' ? masterReason(name) : undefined
    if (reason && emitter.listenerCount(name) > 0) onSignal(reason)
    return emit.call(this, name, ...rest)
  }
  const before = Object.getOwnPropertyDescriptor(process, 'emit')
  Object.defineProperty(process, 'emit', {
    configurable: true,
    enumerable: false,
    writable: true,
    value: observed,
  })
  return () => {
    // Whoever wrapped it after us keeps its wrapper, which calls ours.
    if (emitter.emit !== observed) return
    if (before) Object.defineProperty(process, 'emit', before)
    else Reflect.deleteProperty(process, 'emit')
  }
}
