import type { EventEmitter } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { hide } from './hidden-property.ts'
import { apply, deleteProperty } from './intrinsics/apply.ts'

/**
 * Starts a thread of this package, and hides the thread from the 'worker' event, which the process
 * emits in the next tick.
 */
export function hiddenThread(create: () => Worker): Worker {
  const emitter: EventEmitter = process
  const before = Object.getOwnPropertyDescriptor(process, 'emit')
  const { emit } = emitter
  const thread = create()
  function silent(this: EventEmitter, ...given: [string | symbol, ...unknown[]]): boolean {
    if (given[0] !== 'worker' || given[1] !== thread) return apply(emit, this, given)
    restore(silent, before)
    return false
  }
  try {
    hide(process, 'emit', silent)
  } catch {
    // Without the property, the process emits the event.
  }
  return thread
}

/** Runs in a `process.emit()` of Node: an error would reach the application. */
function restore(silent: unknown, before: PropertyDescriptor | undefined): void {
  try {
    if (Reflect.getOwnPropertyDescriptor(process, 'emit')?.value !== silent) return
    if (before) Object.defineProperty(process, 'emit', before)
    else deleteProperty(process, 'emit')
  } catch {
    // The function stays, and passes all further events on.
  }
}
