import type { Server, Socket } from 'node:net'
import { guardedListener } from '../../support/listeners/guarded-listener.ts'
import { addUncounted } from '../../support/listeners/uncounted-listener.ts'
import { type Stop, stopAll } from '../../support/stop.ts'

/**
 * Observes the errors for the application's `clientError` handlers. A listener replaces Node's
 * answer to malformed requests. Our listener is therefore present only while the application has a
 * listener. Without a listener, the closed socket holds the error.
 */
export function observeClientErrors(
  server: Server,
  act: (socket: Socket, error: unknown) => void,
  onFault: (component: string) => void,
): Stop {
  const event = 'clientError'
  const observe = (error: unknown, socket: Socket): void => {
    try {
      act(socket, error)
    } catch {
      onFault(event)
    }
  }
  const isAlone = (): boolean => server.listeners(event).every((listener) => listener === observe)
  const isAdded = (): boolean => server.listeners(event).includes(observe)
  const add = (): void => addUncounted(server, observe, () => server.on(event, observe))
  const listen = guardedListener(onFault)
  if (server.listenerCount(event) > 0) add()
  const stops = [
    () => server.off(event, observe),
    listen(server, 'newListener', (name: unknown, listener: unknown) => {
      if (name === event && listener !== observe && !isAdded()) add()
    }),
    listen(server, 'removeListener', (name: unknown) => {
      if (name === event && isAdded() && isAlone()) server.off(event, observe)
    }),
  ]
  return () => stopAll(stops)
}
