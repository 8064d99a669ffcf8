import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { Servers } from '../../../src/collect/servers/servers.ts'
import { eventually } from '../../support/programs/app.ts'

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

describe('Servers', () => {
  it('counts a fault for a server beyond its limit and observes the others', async (t) => {
    const { servers, faults } = observing(t, 2)
    const first = await listening(t)
    await listening(t)
    assert.deepEqual(faults, [])
    const beyond = await listening(t)
    assert.deepEqual(faults, ['servers_limit'])
    await connectTo(t, first)
    await connectTo(t, beyond)
    await eventually(() => assert.equal(servers.connections(), 1))
  })

  it('observes another server after an observed server closes', async (t) => {
    const { servers, faults } = observing(t, 1)
    const first = await listening(t)
    first.close()
    await once(first, 'close')
    await connectTo(t, await listening(t))
    await eventually(() => assert.equal(servers.connections(), 1))
    assert.deepEqual(faults, [])
  })
})

async function listening(t: TestContext): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  return server
}
