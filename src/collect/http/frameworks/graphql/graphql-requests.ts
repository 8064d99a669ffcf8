import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage } from 'node:http'
import { observeChannel } from '../../../../support/observe-channel.ts'
import { requestSlots, slotFor } from '../hooks/request-slot.ts'

/*
 * GraphQL servers do not pass Node's request to the code that executes an operation. Therefore the
 * asynchronous context carries the request, if `GUNICORN_HTTP_GRAPHQL` is on.
 */

/** @param most names of operations that the process shows; 0 turns the operations off. */
export function tellOperations(most: number): void {
  const slots = requestSlots()
  if (most === 0 || slots.operations) return
  const storage = new AsyncLocalStorage<object>()
  slots.operations = { most, current: () => storage.getStore() }
  observeChannel<{ readonly request: IncomingMessage }>(
    'http.server.request.start',
    ({ request }) => storage.enterWith(request),
  )
}

/** The request of `node:http` whose work is under way. Undefined for HTTP/2. */
export function currentRequest(): object | undefined {
  return requestSlots().operations?.current()
}

/** Stores the name of a request's GraphQL operation. In a batch, the first name counts. */
export function storeOperation(request: unknown, name: unknown): void {
  if (typeof name !== 'string') return
  const slot = slotFor(request)
  if (slot !== undefined) slot.operation ??= name
}
