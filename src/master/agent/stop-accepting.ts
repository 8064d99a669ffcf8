import { Server } from 'node:net'

/** The used part of the internal handle of a listening server. */
interface Handle {
  readonly close: () => void
  /** Handles of unix sockets have no such method. */
  readonly getsockname?: (name: object) => number
}

interface HandleHolder {
  _handle?: Handle | null
}

/**
 * Lets a server accept no more connections, without a trace for the application: the server still
 * says that it listens. The application's own `close()` then succeeds, and the event `'close'`
 * comes after that call, as in plain Node.js. `server.close()` would take this call away.
 */
export function stopAccepting(server: Server): void {
  const holder = server as HandleHolder
  const handle = holder._handle
  if (!handle) return
  if (typeof handle.close !== 'function') Server.prototype.close.call(server)
  else {
    holder._handle = placeholder(handle)
    handle.close()
  }
}

function placeholder(handle: Handle): Handle {
  const idle = { close() {}, ref() {}, unref() {}, hasRef: () => false }
  if (!handle.getsockname) return idle
  const name = {}
  const error = handle.getsockname(name)
  return Object.assign(idle, {
    getsockname(target: object) {
      Object.assign(target, name)
      return error
    },
  })
}
