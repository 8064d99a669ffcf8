import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type ListenOptions, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { masterLimits } from '../../../src/limits/master.ts'
import { listeningCommand, parseListening } from '../../../src/master/agent/listening-message.ts'
import { OpenAddresses } from '../../../src/master/agent/open-addresses.ts'

const told: (readonly string[])[] = []
const faults: string[] = []
new OpenAddresses(
  (addresses) => void told.push(addresses),
  (part) => void faults.push(part),
)

async function listening(options: ListenOptions): Promise<Server> {
  const server = createServer().listen(options)
  await once(server, 'listening')
  return server
}

async function close(server: Server): Promise<void> {
  server.close()
  await once(server, 'close')
}

describe('OpenAddresses', () => {
  for (const [title, options, address] of [
    ['a port with a host', { port: 0, host: '127.0.0.1' }, '127.0.0.1:0'],
    ['a port without a host', { port: 0 }, '*:0'],
    ['a port of its own', { port: 0, host: '::1', exclusive: true }, '::1:0'],
    ['a path', { path: join(tmpdir(), `open-${process.pid}`) }, `open-${process.pid}`],
  ] as const) {
    test(`tells ${title} from the listening to the close`, async () => {
      const server = await listening(options)
      assert.equal(told.at(-1)?.length, 1)
      assert.ok(told.at(-1)?.[0]?.endsWith(address))
      await close(server)
      assert.deepEqual(told.at(-1), [])
    })
  }

  test('tells nothing about a server that cannot listen', async () => {
    const server = await listening({ port: 0, host: '127.0.0.1' })
    const before = told.length
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'error')
    assert.equal(told.length, before)
    await close(server)
  })
})

test('OpenAddresses keeps its errors from the application', () => {
  channel('tracing:net.server.listen:asyncStart').publish({ server: 'no object' })
  assert.deepEqual(faults, ['tracing:net.server.listen:asyncStart'])
})

describe('parseListening', () => {
  test('reads addresses, and leaves other values out', () => {
    assert.deepEqual(parseListening({ cmd: listeningCommand, addresses: ['a', 7] }), ['a'])
    assert.equal(parseListening({ cmd: listeningCommand, addresses: 'a' }), undefined)
    assert.equal(parseListening({ cmd: 'NODE_OTHER', addresses: [] }), undefined)
    assert.equal(parseListening(null), undefined)
  })

  test(`reads up to ${masterLimits.addresses} addresses`, () => {
    const addresses = Array.from({ length: masterLimits.addresses + 1 }, String)
    const { length } = parseListening({ cmd: listeningCommand, addresses }) ?? []
    assert.equal(length, masterLimits.addresses)
  })
})
