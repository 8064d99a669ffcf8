import type { EventEmitter } from 'node:events'
import { collectLimits } from '../../limits/collect.ts'
import type { Stop } from '../stop.ts'
import { afterRemoval } from './removed-listeners.ts'
import { addUncounted } from './uncounted-listener.ts'

export type Listener = (...values: never[]) => void

/**
 * Adds a listener to an emitter of the application. The listener comes back after the application's
 * `removeAllListeners()`, and does not count for the limit at which Node warns. A `listener` that
 * throws reaches the application: catch all errors.
 */
export function keepListener(emitter: EventEmitter, event: string, listener: Listener): Stop {
  return keep({ emitter, event, listener, method: 'on' })
}

/** Like `keepListener`, before the present listeners. */
export function keepFirstListener(emitter: EventEmitter, event: string, listener: Listener): Stop {
  return keep({ emitter, event, listener, method: 'prependListener' })
}

interface Kept {
  readonly emitter: EventEmitter
  readonly event: string
  readonly listener: Listener
  readonly method: 'on' | 'prependListener'
}

function keep({ emitter, event, listener, method }: Kept): Stop {
  const known = listener as (...values: unknown[]) => void
  const add = (): void => addUncounted(emitter, known, () => emitter[method](event, known))
  // A program that removes until no listener is left must come to an end.
  let returns = 0
  const addAgain = (): void => {
    if (returns >= collectLimits.listenerReturns) return
    if (emitter.rawListeners(event).includes(known)) return
    returns += 1
    add()
  }
  add()
  const stopReturns = afterRemoval(emitter, addAgain)
  return () => {
    stopReturns()
    emitter.off(event, known)
  }
}
