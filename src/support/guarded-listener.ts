import type { EventEmitter } from 'node:events'
import type { Stop } from './stop.ts'

/**
 * Returns a function that adds listeners. An error of a listener never reaches the emitter's owner.
 */
export function guardedListener(
  onFault: (component: string) => void,
): <Event extends unknown[]>(
  emitter: EventEmitter,
  event: string,
  act: (...event: Event) => void,
) => Stop {
  return (emitter, event, act) => {
    const listener = (...values: unknown[]): void => {
      try {
        act(...(values as Parameters<typeof act>))
      } catch {
        onFault(event)
      }
    }
    emitter.on(event, listener)
    return () => emitter.off(event, listener)
  }
}
