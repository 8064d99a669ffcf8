import type { Server } from 'node:net'
import { guardedChannel } from '../../support/observe-channel.ts'

interface ListenMessage {
  readonly server: Server
}

/**
 * Limits the connections of each server that begins to listen. A worker refuses a further
 * connection, and the master gives the connection to another worker. A limit of the application
 * stays.
 * @param most 0 = without limit.
 * @param onFault called with the part that met an error. Must not throw.
 */
export function limitConnections(most: number, onFault: (part: string) => void): void {
  if (most === 0) return
  guardedChannel(onFault)<ListenMessage>('tracing:net.server.listen:asyncStart', ({ server }) => {
    server.maxConnections ??= most
  })
}
