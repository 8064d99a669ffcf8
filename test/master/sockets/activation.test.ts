import assert from 'node:assert/strict'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { parseActivation } from '../../../src/master/sockets/activation.ts'
import { addressOf } from '../../../src/master/sockets/socket-table.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const pid = 4_711

describe('parseActivation', () => {
  test('ignores a process without the variable', () => {
    assert.deepEqual(parseActivation({}, pid), { descriptors: [], faults: [] })
    const none = { LISTEN_FDS: '0', LISTEN_PID: String(pid) }
    assert.deepEqual(parseActivation(none, pid), { descriptors: [], faults: [] })
  })

  for (const count of ['', '-1', '1.5', 'two', '65', '1e1']) {
    test(`refuses the number ${JSON.stringify(count)}`, () => {
      const text = `LISTEN_FDS is ${JSON.stringify(count)}; allowed is a number from 0 to 64.`
      assert.deepEqual(parseActivation({ LISTEN_FDS: count }, pid), {
        descriptors: [],
        faults: [text],
      })
    })
  }

  test('leaves the descriptors of another process alone', () => {
    const { descriptors, faults } = parseActivation({ LISTEN_FDS: '1', LISTEN_PID: '1' }, pid)
    assert.deepEqual(descriptors, [])
    assert.equal(faults.length, 1)
    assert.match(faults[0] ?? '', /^LISTEN_PID is "1", and the pid of this process is 4711: /)
  })
})

describe('addressOf', () => {
  test('reads the addresses of listening sockets', async (context) => {
    const path = join(await temporaryDirectory(context), 'a socket')
    for (const [target, expected] of [
      [
        { host: '127.0.0.1', port: 0 },
        { kind: 'tcp', address: '127.0.0.1' },
      ],
      [
        { host: '::1', port: 0 },
        { kind: 'tcp', address: '::1' },
      ],
      [
        { host: '::', port: 0 },
        { kind: 'tcp', address: '::' },
      ],
      [
        { host: '0.0.0.0', port: 0 },
        { kind: 'tcp', address: '0.0.0.0' },
      ],
      [{ path }, { kind: 'unix', path }],
    ] as const) {
      const server = await listening(context, target)
      const address = server.address()
      const port = typeof address === 'object' && address ? { port: address.port } : {}
      assert.deepEqual(addressOf(descriptorOf(server)), { ...expected, ...port })
    }
  })

  test('knows a connection', async (context) => {
    const server = await listening(context, { host: '127.0.0.1', port: 0 })
    const { port } = server.address() as { port: number }
    const connection = connect(port, '127.0.0.1')
    context.after(() => connection.destroy())
    await once(connection, 'connect')
    assert.deepEqual(addressOf(descriptorOf(connection)), { kind: 'other' })
  })

  test('knows no address of a file', () => {
    const fd = openSync(import.meta.filename, 'r')
    assert.equal(addressOf(fd), undefined)
    closeSync(fd)
    assert.equal(addressOf(fd), undefined)
  })
})

async function listening(context: TestContext, target: object): Promise<Server> {
  const server = createServer()
  context.after(() => server.close())
  await once(server.listen(target), 'listening')
  return server
}

function descriptorOf(holder: Server | Socket): number {
  return (holder as unknown as { _handle: { fd: number } })._handle.fd
}
