import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { stopAccepting } from '../../../src/master/agent/stop-accepting.ts'

async function listening(): Promise<{ server: Server; port: number }> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

describe('stopAccepting', () => {
  test('leaves the server as if it listened', async () => {
    const { server, port } = await listening()
    const address = server.address()
    let closes = 0
    server.on('close', () => {
      closes += 1
    })
    stopAccepting(server)
    server.unref().ref()
    await assert.rejects(once(connect(port, '127.0.0.1'), 'connect'), /ECONNREFUSED/)
    assert.deepEqual([server.listening, server.address(), closes], [true, address, 0])
    const errors = await new Promise<unknown[]>((resolve) => {
      server.close((first) => server.close((second) => resolve([first, second])))
    })
    assert.deepEqual(
      errors.map((error) => (error as NodeJS.ErrnoException)?.code),
      [undefined, 'ERR_SERVER_NOT_RUNNING'],
    )
    assert.deepEqual([server.listening, closes], [false, 2])
  })

  test('lets the server listen again after its close', async () => {
    const { server } = await listening()
    stopAccepting(server)
    const closed = once(server, 'close')
    server.close()
    await closed
    await once(server.listen(0, '127.0.0.1'), 'listening')
    server.close()
  })

  test('stops a server of a unix socket', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'stop-accepting-'))
    const path = join(directory, 'socket')
    const server = createServer()
    await once(server.listen(path), 'listening')
    stopAccepting(server)
    await assert.rejects(once(connect(path), 'connect'), /ENOENT|ECONNREFUSED/)
    assert.equal(server.address(), path)
    server.close()
    rmSync(directory, { recursive: true })
  })

  test('changes nothing on a server that does not listen', () => {
    const server = createServer()
    stopAccepting(server)
    assert.equal(server.listening, false)
  })
})
