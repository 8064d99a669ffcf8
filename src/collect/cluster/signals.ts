import { type MasterReason, masterReason } from '../../model/signal.ts'
import { apply } from '../../support/intrinsics/apply.ts'
import type { Stop } from '../../support/stop.ts'

/**
 * Observes the signals that the application listens for. A listener of ours would remove a signal's
 * default action. `observeSignals` therefore wraps `process.emit`, which Node calls only for
 * signals with a listener. Node binds `emit` when the first listener of a signal is added, so a
 * signal with an earlier listener is not observed.
 */
export function observeSignals(onSignal: (reason: MasterReason) => void): Stop {
  observers.add(onSignal)
  unwrap ??= wrapEmit()
  return () => {
    observers.delete(onSignal)
    if (observers.size > 0) return
    unwrap?.()
    unwrap = undefined
  }
}

/*
 * One wrapper for all observers: wrappers that end in another order than they began would stay.
 */
const observers = new Set<(reason: MasterReason) => void>()
let unwrap: Stop | undefined

function wrapEmit(): Stop {
  let isOn = true
  // This prototype belongs to `process` alone. A program can still read, copy or replace the own
  // properties of `process`.
  const prototype: NodeJS.EventEmitter = Object.getPrototypeOf(process)
  const before = Object.getOwnPropertyDescriptor(prototype, 'emit')
  const parent: NodeJS.EventEmitter = Object.getPrototypeOf(prototype)
  // The name matches the original because Node's warnings contain the name.
  function emit(this: NodeJS.EventEmitter, ...given: [string | symbol, ...unknown[]]): boolean {
    if (isOn) tell(given[0])
    // Look the method up at each call: `domain` replaces the inherited method at its load.
    const inherited: typeof parent.emit = before === undefined ? parent.emit : before.value
    return apply(inherited, this, given)
  }
  Object.defineProperty(prototype, 'emit', {
    configurable: true,
    enumerable: false,
    writable: true,
    value: emit,
  })
  return () => {
    isOn = false
    // Another library wrapped `emit` later. The later wrapper calls ours, so both stay.
    if (prototype.emit !== emit) return
    if (before) Object.defineProperty(prototype, 'emit', before)
    else Reflect.deleteProperty(prototype, 'emit')
  }
}

/** Runs in each `process.emit()` of the application. Must not throw. */
function tell(name: string | symbol): void {
  try {
    const reason = typeof name === 'string' ? masterReason(name) : undefined
    if (!reason || process.listenerCount(name) === 0) return
    for (const observe of observers) observe(reason)
  } catch {
    // The signal is not counted.
  }
}
