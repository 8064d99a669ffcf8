import type { Socket } from 'node:net'
import { isRecord } from '../../support/guards.ts'
import { guardedListener } from '../../support/listeners/guarded-listener.ts'
import { isMainThread } from '../../support/process/main-thread.ts'
import type { Stop } from '../../support/stop.ts'

/**
 * Observes the sockets that the parent process sends, for example a primary that keeps a client on
 * one worker. A WebSocket server without other requests has no other trace: Node
 * publishes no upgrade.
 *
 * @param faults counts an error of `act`. The error never reaches the application.
 */
export function observeParentSockets(
  act: (socket: Socket) => void,
  faults: { addFault(component: string): void },
): Stop {
  // In a thread, the getter throws.
  if (!isMainThread() || !process.send) return () => {}
  // Node's types name only the documented events. A listener of this event keeps no process alive.
  const channel: NodeJS.EventEmitter = process
  const listen = guardedListener(() => faults.addFault('parent_sockets'))
  return listen(channel, 'internalMessage', (message: unknown, handle: unknown) => {
    const socket = isSocketMessage(message) ? ownerOf(handle) : undefined
    if (socket) act(socket)
  })
}

/** The envelope in which Node sends a socket between processes. */
function isSocketMessage(message: unknown): boolean {
  return isRecord(message) && message['cmd'] === 'NODE_HANDLE' && message['type'] === 'net.Socket'
}

/** The socket that Node made for a handle. Node keeps the socket under an internal symbol. */
function ownerOf(handle: unknown): Socket | undefined {
  if (typeof handle !== 'object' || handle === null) return undefined
  const symbols = Object.getOwnPropertySymbols(handle)
  const symbol = symbols.find(({ description }) => description === 'owner_symbol')
  const owner: unknown = symbol && Reflect.get(handle, symbol)
  const isSocket = typeof owner === 'object' && owner !== null && 'destroyed' in owner
  return isSocket ? (owner as Socket) : undefined
}
