import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Server as NetServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { Servers } from '../../src/collect/servers/servers.ts'

/** Observes the servers of this process until the end of the test. */
export function observing(t: TestContext, limit?: number): { servers: Servers; faults: string[] } {
  const faults: string[] = []
  const servers = new Servers({
    onConnection: () => {},
    onClientError: () => {},
    onSession: () => {},
    onFault: (component) => faults.push(component),
    ...(limit === undefined ? {} : { limit }),
  })
  t.after(() => servers.stop())
  return { servers, faults }
}

/** Opens a connection that the end of the test closes. */
export async function connectTo(t: TestContext, server: NetServer): Promise<Socket> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** A server that listens until the end of the test. */
export async function listening(t: TestContext): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  return server
}
