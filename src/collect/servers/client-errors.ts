import type { Server, Socket } from 'node:net'
import type { Stop } from '../../support/stop.ts'

/**
 * Observes the errors for the application's `clientError` handlers. A listener replaces Node's
 * answer to malformed requests. Our listener is therefore present only while the application has a
 * listener. Without a listener, the closed socket holds the error.
 */
export function observeClientErrors(
  server: Server,
  act: (socket: Socket, error: unknown) => void,
): Stop {
  const event = 'clientError'
  const observe = (error: unknown, socket: Socket): void => act(socket, error)
  const isAlone = (): boolean => server.listeners(event).every((listener) => listener === observe)
  const isAdded = (): boolean => server.listeners(event).includes(observe)
  const added = (name: unknown, listener: unknown): void => {
    if (name === event && listener !== observe && !isAdded()) server.on(event, observe)
  }
  const removed = (name: unknown): void => {
    if (name === event && isAdded() && isAlone()) server.off(event, observe)
  }
  if (server.listenerCount(event) > 0) server.on(event, observe)
  server.on('newListener', added)
  server.on('removeListener', removed)
  return () => {
    server.off('newListener', added)
    server.off('removeListener', removed)
    server.off(event, observe)
  }
}
