import type { EventEmitter } from 'node:events'
import type { Stop } from './stop.ts'

/** Listens in such a way that nothing thrown by `act` reaches the emitter's owner. */
export function guardedListener(
  onFault: (part: string) => void,
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
