import type { Duplex } from 'node:stream'
import { errorCodeOf } from '../../support/error-code.ts'
import { hide } from '../../support/hidden-property.ts'
import { apply } from '../../support/intrinsics/apply.ts'
import { addUncounted } from '../../support/listeners/uncounted-listener.ts'
import type { Stop } from '../../support/stop.ts'

/**
 * A socket, or a stream of HTTP/2. A socket has an undocumented field of Node: the HTTP parser that
 * owns the socket.
 */
type ParsedSocket = Duplex & { readonly parser?: unknown }

export interface LastState {
  /**
   * Whether Node's HTTP parser still owned the socket. After an upgrade, the socket and its errors
   * belong to the application.
   */
  readonly wasHttp: boolean
  /** Whether the operating system took all bytes, and the connection did not fail. */
  readonly wasDrained: boolean
}

/**
 * Calls back when a socket closes. The listener for 'close' is added when the socket is destroyed,
 * not earlier: Node promises that the socket of an upgrade or CONNECT has no listeners.
 *
 * @param act receives the state of the socket before the close.
 */
export function onSocketClose(socket: ParsedSocket, act: (state: LastState) => void): Stop {
  const { _destroy: destroy } = socket
  let isReleased = false
  hide(socket, '_destroy', (...values: Parameters<typeof destroy>) => {
    if (!isReleased) observeClose(socket, act)
    apply(destroy, socket, values)
  })
  return () => {
    isReleased = true
  }
}

/** Runs when the socket is destroyed. Must not throw. */
function observeClose(socket: ParsedSocket, act: (state: LastState) => void): void {
  try {
    const wasHttp = Boolean(socket.parser)
    const wasDrained = isDrained(socket)
    addLastListener(socket, () => act({ wasHttp, wasDrained }))
  } catch {
    act({ wasHttp: false, wasDrained: false })
  }
}

/** Whether the operating system has all bytes, and the connection has not failed. */
export function isDrained({ writableLength, errored }: Duplex): boolean {
  return writableLength === 0 && !errored
}

/** Nothing adds a listener after this one, so only this one can pass the limit. */
function addLastListener(socket: Duplex, act: () => void): void {
  const add = (): unknown => socket.on('close', act)
  if (socket.listenerCount('close') < socket.getMaxListeners()) add()
  else addUncounted(socket, act, add)
}

/**
 * Codes of a client's disconnect: of sockets, of Node's parser, of streams, and of parsers of
 * bodies in Express.
 */
const disconnects: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'EPIPE',
  'HPE_INVALID_EOF_STATE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ECONNABORTED',
])

/** Whether an error means that the client disconnected: no error of protocol or application. */
export function isDisconnect(error: unknown): boolean {
  try {
    return disconnects.has(errorCodeOf(error))
  } catch {
    // A getter of the application can throw.
    return false
  }
}
