import type { Server, Socket } from 'node:net'
import type { Stop } from '../../support/stop.ts'

/**
 * Sees the errors that the application's own `clientError` handlers take. Such a listener replaces
 * Node's answer to malformed requests, so ours is there only as long as the application has one;
 * without one the closed socket itself tells the error.
 */
export function observeClientErrors(
  server: Server,
  act: (socket: Socket, error: unknown) => void,
): Stop {
  const event = 'clientError'
  const observe = (error: unknown, socket: Socket): void => act(socket, error)
  const isAlone = (): boolean => server.listeners(event).every((listener) => listener === observe)
  const isThere = (): boolean => server.listeners(event).includes(observe)
  const added = (name: unknown, listener: unknown): void => {
    if (name === event && listener !== observe && !isThere()) server.on(event, observe)
  }
  const removed = (name: unknown): void => {
    if (name === event && isThere() && isAlone()) server.off(event, observe)
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
