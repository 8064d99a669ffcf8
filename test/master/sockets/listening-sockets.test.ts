import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, fstatSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { handleOf } from '../../../src/master/sockets/handle.ts'
import { answerFrom, socketCluster } from '../../support/master/socket-cluster.ts'
import { eventually } from '../../support/programs/app.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const host = '127.0.0.1'

describe('ListeningSockets', () => {
  test('keeps the socket of the last worker for the next worker', async (context) => {
    const { cluster } = socketCluster(context)
    const first = await cluster.fork()
    const { port } = await first.listens({ host, port: 0 })
    await first.dies()
    const waiting = answerFrom({ host, port })
    const next = await cluster.fork()
    assert.equal((await next.listens({ host, port: 0 })).port, port)
    assert.equal(await waiting, next.pid)
  })

  test('closes the socket that the application of a worker has closed', async (context) => {
    const { cluster, sockets } = socketCluster(context)
    const worker = await cluster.fork()
    await worker.listens({ host, port: 0 })
    await worker.ask({ close: 0 })
    await eventually(() => assert.equal(sockets.inheritable().kind, 'refused'))
  })

  test('keeps the socket that a worker closes right before its end', async (context) => {
    const { cluster, sockets } = socketCluster(context)
    const worker = await cluster.fork()
    const { port } = await worker.listens({ host, port: 0 })
    await worker.ask({ close: 0 })
    await worker.dies()
    const next = await cluster.fork()
    await next.listens({ host, port: 0 })
    assert.equal(await answerFrom({ host, port }), next.pid)
    assert.equal(sockets.inheritable().kind, 'sockets')
  })

  test('opens a socket again that was closed before', async (context) => {
    const { cluster, sockets } = socketCluster(context)
    const worker = await cluster.fork()
    await worker.listens({ host, port: 0 })
    sockets.stopAccepting()
    assert.equal(sockets.inheritable().kind, 'refused')
    await worker.dies()
    const next = await cluster.fork()
    const { port } = await next.listens({ host, port: 0 })
    assert.equal(await answerFrom({ host, port }), next.pid)
  })

  test('opens nothing for a worker that listens after stopAccepting', async (context) => {
    const { cluster, sockets } = socketCluster(context)
    const path = join(await temporaryDirectory(context), 'socket')
    const worker = await cluster.fork()
    const { port } = await worker.listens({ host, port: 0 })
    const late = await cluster.fork()
    sockets.stopAccepting()
    await worker.dies()
    // The application hears of no error.
    assert.deepEqual(await late.listens({ host, port }), { address: host, port, family: 'IPv4' })
    const [error] = await once(connect(port, host), 'error')
    assert.equal(error.code, 'ECONNREFUSED')
    await late.listens({ path })
    assert.equal(existsSync(path), false)
    assert.equal(sockets.inheritable().kind, 'refused')
  })

  test('gives a worker that listened too late the socket of another master', async (context) => {
    const { cluster, sockets } = socketCluster(context)
    const other = createServer()
    await once(other.listen(0, host), 'listening')
    const { port } = other.address() as AddressInfo
    const late = await cluster.fork()
    sockets.stopAccepting()
    await late.listens({ host, port })
    const handle = handleOf(other)
    assert.ok(handle)
    sockets.adopt({ key: `${host}:${port}:4:undefined`, handle })
    assert.equal(await answerFrom({ host, port }), late.pid)
  })

  test('accepts no connection after stopAccepting', async (context) => {
    const { cluster, sockets } = socketCluster(context)
    const { port } = await cluster.listens({ host, port: 0 })
    for (let time = 0; time < 2; time += 1) sockets.stopAccepting()
    const [error] = await once(connect(port, host), 'error')
    assert.equal(error.code, 'ECONNREFUSED')
  })

  test('gives every open socket to a successor, and keeps equal sockets apart', async (context) => {
    const { cluster, sockets } = socketCluster(context)
    const path = join(await temporaryDirectory(context), 'socket')
    const worker = await cluster.fork()
    for (const options of [{ host, port: 0 }, { host, port: 0 }, { path }, { port: 0 }]) {
      await worker.listens(options)
    }
    const inheritance = sockets.inheritable()
    assert.ok(inheritance.kind === 'sockets')
    assert.deepEqual(
      JSON.parse(inheritance.text).map(({ key }: { key: string }) => key),
      [
        `${host}:0:4:undefined:0`,
        `${host}:0:4:undefined:1`,
        `${path}:-1:-1:undefined`,
        'null:0:4:undefined:0',
      ],
    )
    assert.equal(new Set(inheritance.descriptors).size, 4)
    for (const descriptor of inheritance.descriptors) assert.ok(fstatSync(descriptor).isSocket())
  })

  test('says that a successor cannot have a UDP socket', async (context) => {
    const { cluster, sockets } = socketCluster(context)
    const worker = await cluster.fork()
    await worker.listens({ host, port: 0 })
    await worker.ask({ udp: await freeUdpPort() })
    const inheritance = sockets.inheritable()
    assert.ok(inheritance.kind === 'refused')
    assert.match(inheritance.reason, /UDP/)
    await worker.dies()
    await cluster.listens({ host, port: 0 })
    assert.equal(sockets.inheritable().kind, 'sockets')
  })

  test('removes the file of a unix socket without a listener', async (context) => {
    const { cluster } = socketCluster(context)
    const path = join(await temporaryDirectory(context), 'socket')
    const program = `require('node:net').createServer().listen(process.argv[1], () => {
      process.kill(process.pid, 'SIGKILL')
    })`
    await once(spawn(process.execPath, ['--eval', program, path]), 'exit')
    assert.equal(existsSync(path), true)
    const worker = await cluster.fork()
    await worker.listens({ path })
    assert.equal(await answerFrom({ path }), worker.pid)
  })

  test('leaves the unix socket of another program alone', async (context) => {
    const { cluster } = socketCluster(context)
    const path = join(await temporaryDirectory(context), 'socket')
    const other = createServer((socket) => socket.on('error', () => {}).end('1'))
    await once(other.listen(path), 'listening')
    context.after(() => other.close())
    const worker = await cluster.fork()
    assert.deepEqual(await worker.ask({ listen: { path } }), { error: 'EADDRINUSE' })
    assert.equal(await answerFrom({ path }), 1)
  })

  test('leaves a file that is no socket alone', async (context) => {
    const { cluster } = socketCluster(context)
    const path = join(await temporaryDirectory(context), 'socket')
    writeFileSync(path, '')
    const worker = await cluster.fork()
    assert.deepEqual(await worker.ask({ listen: { path } }), { error: 'EADDRINUSE' })
    assert.equal(existsSync(path), true)
  })

  test('leaves the file of a unix socket to a successor', async (context) => {
    const { cluster, sockets } = socketCluster(context)
    const path = join(await temporaryDirectory(context), 'socket')
    await cluster.listens({ path })
    sockets.setSuccessor(true)
    sockets.stopAccepting()
    assert.equal(existsSync(path), true)
  })

  test('leaves servers of the master itself alone', async (context) => {
    const { sockets } = socketCluster(context)
    const server = createServer()
    await once(server.listen(0, host), 'listening')
    assert.equal(sockets.inheritable().kind, 'refused')
    server.close()
    await once(server, 'close')
  })
})

/** A UDP port that no program has. */
async function freeUdpPort(): Promise<number> {
  const { createSocket } = await import('node:dgram')
  const socket = createSocket('udp4').bind(0, host)
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}
