import type { EventEmitter } from 'node:events'
import { apply } from '../intrinsics/apply.ts'
import type { Stop } from '../stop.ts'
import { keepListener } from './kept-listener.ts'
import { beforeListener, replaceLate } from './uncounted-listener.ts'

/**
 * Returns a function that adds listeners. An error of a listener never reaches the emitter's owner.
 * @param keep how a listener is added. Default: `keepListener`.
 */
export function guardedListener(
  onFault: (component: string) => void,
  keep: typeof keepListener = keepListener,
): <Event extends unknown[]>(
  emitter: EventEmitter,
  event: string,
  act: (...event: Event) => void,
) => Stop {
  return (emitter, event, act) => {
    const listener = (...values: unknown[]): void => {
      try {
        apply(act, undefined, values as Parameters<typeof act>)
      } catch {
        onFault(event)
      }
    }
    return keep(emitter, event, listener)
  }
}

/**
 * Keeps the emitter fast in V8 until an event has as many listeners as its limit. `replaceLate`
 * tells why. Call this function before `listen` adds another listener.
 */
export function replaceAtLimit(
  emitter: EventEmitter,
  listen: ReturnType<typeof guardedListener>,
): Stop {
  replaceLate(emitter)
  return listen(emitter, 'newListener', (event: string) => beforeListener(emitter, event))
}
