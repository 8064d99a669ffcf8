// Bug: a server whose listen() failed was kept for ever. A program that tries again and again ran
// into the limit of servers.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { Servers } from '../../src/collect/servers/servers.ts'
import { collectLimits } from '../../src/limits/collect.ts'
import { eventually } from '../support/programs/app.ts'

test('Servers forgets more failed servers than collectLimits.servers', async (t) => {
  const { servers, faults } = observing(t)
  const occupied = await listening(t)
  const { port } = occupied.address() as AddressInfo
  for (let count = 0; count <= collectLimits.servers; count += 1) {
    const failed = createServer().listen(port, '127.0.0.1')
    await once(failed, 'error')
  }
  const server = await listening(t)
  await connectTo(t, server)
  await eventually(() => assert.equal(servers.connections(), 1))
  assert.deepEqual(faults, [])
})

function observing(t: TestContext, limit?: number): { servers: Servers; faults: string[] } {
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

async function connectTo(t: TestContext, server: Server): Promise<void> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.after(() => socket.destroy())
  await once(socket, 'connect')
}

async function listening(t: TestContext): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  return server
}
