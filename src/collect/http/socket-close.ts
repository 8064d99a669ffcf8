import type { Socket } from 'node:net'
import { hide } from '../../support/hidden-property.ts'
import type { Stop } from '../../support/stop.ts'

type Destroy = (error: Error | null, done: (error?: Error | null) => void) => void

/** Undocumented fields of Node's sockets. */
interface SocketInternals {
  _destroy: Destroy
  readonly parser?: unknown
}

/**
 * Calls back when a socket closes. The listener for 'close' is added when the socket is destroyed,
 * not earlier: Node promises that the socket of an upgrade or CONNECT has no listeners.
 *
 * @param act receives whether Node's HTTP parser still owned the socket. After an upgrade, the
 * socket and its errors belong to the application.
 */
export function onSocketClose(socket: Socket, act: (wasHttp: boolean) => void): Stop {
  const fields = socket as unknown as SocketInternals
  const destroy = fields._destroy
  let isReleased = false
  hide(socket, '_destroy', (...values: Parameters<Destroy>) => {
    const wasHttp = Boolean(fields.parser)
    if (!isReleased) socket.once('close', () => act(wasHttp))
    destroy.apply(socket, values)
  })
  return () => {
    isReleased = true
  }
}

/** Whether an error breaks the protocol. A client's disconnect does not. */
export function isClientError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return code !== 'ECONNRESET' && code !== 'EPIPE' && code !== 'HPE_INVALID_EOF_STATE'
}
