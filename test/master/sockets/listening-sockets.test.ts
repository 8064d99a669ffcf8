import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { ListeningSockets, socketsVariable } from '../../../src/master/sockets/listening-sockets.ts'

const host = '127.0.0.1'

function socketPath(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'sockets-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'socket')
}

/** The sockets of a master without a predecessor, until the end of the test. */
function masterSockets(context: TestContext): ListeningSockets {
  const { listen } = Server.prototype
  context.after(() => {
    Server.prototype.listen = listen
  })
  return new ListeningSockets(undefined)
}

async function listening(context: TestContext, ...args: unknown[]): Promise<Server> {
  const server = createServer()
  context.after(() => void server.close())
  const listens = once(server, 'listening')
  Reflect.apply(server.listen, server, args)
  await listens
  return server
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve))
}

function descriptorOf(server: Server): number {
  return (server as unknown as { _handle: { fd: number } })._handle.fd
}

describe('ListeningSockets, without a predecessor,', () => {
  test('gives every open socket to a successor, by address', async (context) => {
    const sockets = masterSockets(context)
    assert.equal(sockets.inheritable(), undefined)
    const path = socketPath(context)
    const servers = [
      await listening(context, { host, port: 0 }),
      await listening(context, { port: 0 }),
      await listening(context, 0),
      await listening(context, { path }),
      await listening(context, { path: `\0${path}` }),
    ]
    const keys = [`["${host}",0]`, '[null,0]', '0', `"${path}"`, '[null,null]']
    assert.deepEqual(sockets.inheritable(), {
      descriptors: servers.map(descriptorOf),
      text: JSON.stringify(keys),
    })
    for (const server of servers.slice(1)) await close(server)
    assert.equal(sockets.inheritable()?.text, JSON.stringify(keys.slice(0, 1)))
    for (const server of servers.slice(0, 1)) await close(server)
    assert.equal(sockets.inheritable(), undefined)
  })

  test('ignores a server that the application closes at once', async (context) => {
    const sockets = masterSockets(context)
    for (const address of [{ host, port: 0 }, { path: socketPath(context) }]) {
      const server = createServer()
      const closed = once(server, 'close')
      server.once('listening', () => server.close()).listen(address)
      await closed
    }
    assert.equal(sockets.inheritable(), undefined)
  })

  test('accepts no connection after stopAccepting', async (context) => {
    const sockets = masterSockets(context)
    const server = await listening(context, { host, port: 0 })
    const { port } = server.address() as AddressInfo
    const { _handle: handle } = server as unknown as { _handle: { close: () => void } }
    const closes = context.mock.method(handle, 'close')
    for (let time = 0; time < 2; time += 1) sockets.stopAccepting()
    assert.equal(closes.mock.callCount(), 1)
    assert.equal(sockets.inheritable(), undefined)
    const [error] = await once(connect(port, host), 'error')
    assert.equal(error.code, 'ECONNREFUSED')
  })

  test('leaves the file of a unix socket to a successor', async (context) => {
    const sockets = masterSockets(context)
    const path = socketPath(context)
    const server = await listening(context, { path })
    sockets.setSuccessor(true)
    await close(server)
    assert.equal(existsSync(path), true)
    await assert.rejects(listening(context, { path }), { code: 'EADDRINUSE' })
    sockets.setSuccessor(false)
    const next = await listening(context, { path })
    await close(next)
    assert.equal(existsSync(path), false)
    writeFileSync(path, '')
    await assert.rejects(listening(context, { path }), { code: 'EADDRINUSE' })
  })

  test('leaves a file of another program alone', async (context) => {
    masterSockets(context)
    const path = socketPath(context)
    writeFileSync(path, '')
    await assert.rejects(listening(context, { path }), { code: 'EADDRINUSE' })
    assert.equal(existsSync(path), true)
  })
})

describe('ListeningSockets, with a predecessor,', () => {
  test('takes over inherited sockets, and closes the others', async (context) => {
    const path = socketPath(context)
    const servers = [
      await listening(context, { host, port: 0 }),
      await listening(context, { host, port: 0 }),
      await listening(context, { path }),
      await listening(context, { host, port: 0 }),
    ]
    const keys = [`["${host}",0]`, '0', `"${path}"`, '["127.0.0.2",0]']
    const program = join(import.meta.dirname, '../../fixtures/master/inherited-sockets.ts')
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
      stdio: ['ignore', 'inherit', 'inherit', ...servers.map(descriptorOf), 'ipc'],
      env: { ...process.env, [socketsVariable]: JSON.stringify(keys), SOCKET_PATH: path },
    })
    context.after(() => void child.kill('SIGKILL'))
    const [{ given, ports, inheritable, ...report }] = await once(child, 'message')
    const [first, other] = servers.map((server) => (server.address() as AddressInfo).port)
    assert.deepEqual([ports[0], ports[2]], [first, other])
    assert.notEqual(ports[1], first)
    assert.deepEqual(given.slice(0, 4), [
      [{ backlog: 5, fd: 3 }],
      [{ host, port: 0 }],
      [{ fd: 4 }],
      [{ fd: 5 }],
    ])
    assert.deepEqual(JSON.parse(inheritable.text), [`["${host}",0]`, '0', `"${path}"`])
    assert.equal(inheritable.descriptors[2], 5)
    assert.deepEqual(report, {
      unused: 'EBADF',
      used: 'done',
      isKeptForPredecessor: true,
      beside: 'EADDRINUSE',
      isKeptAlone: false,
      foreign: 'EADDRINUSE',
    })
  })
})
