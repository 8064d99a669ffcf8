import type { EventEmitter } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { hide } from './hidden-property.ts'

/**
 * Starts a thread of this package, and hides the thread from the 'worker' event, which the process
 * emits in the next tick.
 */
export function hiddenThread(create: () => Worker): Worker {
  const emitter: EventEmitter = process
  const before = Object.getOwnPropertyDescriptor(process, 'emit')
  const { emit } = emitter
  const thread = create()
  function silent(this: EventEmitter, name: string | symbol, ...rest: unknown[]): boolean {
    if (name !== 'worker' || rest[0] !== thread) return emit.call(this, name, ...rest)
    if (emitter.emit === silent) {
      if (before) Object.defineProperty(process, 'emit', before)
      else Reflect.deleteProperty(process, 'emit')
    }
    return false
  }
  try {
    hide(process, 'emit', silent)
  } catch {
    // Without the property, the process emits the event.
  }
  return thread
}
