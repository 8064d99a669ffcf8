import type { EventEmitter } from 'node:events'
import { apply } from '../intrinsics/apply.ts'
import type { Stop } from '../stop.ts'
import { keepListener } from './kept-listener.ts'

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
