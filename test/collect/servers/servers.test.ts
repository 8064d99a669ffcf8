import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { Servers } from '../../../src/collect/servers/servers.ts'
import { collectLimits } from '../../../src/limits/collect.ts'
import { eventually } from '../../support/programs/app.ts'

test('servers that could not listen are forgotten, however many there were', async (context) => {
  const faults: string[] = []
  const servers = new Servers({
    onConnection: () => {},
    onClientError: () => {},
    onSession: () => {},
    onFault: (part) => faults.push(part),
  })
  const taken = await listening()
  const { port } = taken.address() as AddressInfo
  for (let count = 0; count <= collectLimits.servers; count += 1) {
    const failed = createServer().listen(port, '127.0.0.1')
    await once(failed, 'error')
  }
  const server = await listening()
  context.after(() => {
    for (const each of [taken, server]) each.close()
    servers.stop()
  })
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  context.after(() => socket.destroy())
  await once(socket, 'connect')
  await eventually(() => assert.equal(servers.connections(), 1))
  assert.deepEqual(faults, [])
})

async function listening(): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
