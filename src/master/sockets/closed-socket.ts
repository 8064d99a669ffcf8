import type { ClusterListen } from './cluster-queries.ts'
import { type Handle, showAsked } from './handle.ts'
import { ListeningSocket } from './listening-socket.ts'

/**
 * Answers `listen()` for a worker that has to end, without a socket of the system. Without an
 * answer, `cluster` fails at the end of the worker. With an error, the application fails.
 * @returns the socket, which can still adopt a socket of another master.
 */
export function closedSocketFor({ query, server }: ClusterListen): ListeningSocket {
  const { port = 0, address } = query
  const handle: Handle = { fd: -1, close: () => undefined, listen: () => 0 }
  if (port >= 0) showAsked(handle, port, address)
  const socket = new ListeningSocket({
    handle,
    isPermanent: false,
    file: undefined,
    onHeld: () => {},
    onDropped: () => {},
  })
  server.once('listening', () => {
    process.nextTick(() => {
      socket.attach()
      socket.close()
    })
  })
  socket.lendTo(server)
  return socket
}
