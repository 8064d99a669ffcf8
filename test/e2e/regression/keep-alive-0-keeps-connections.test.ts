// Bug: `--keep-alive 0` had no effect, because Node reads 0 as "no timeout". Responses kept their
// connections open.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { withMaster } from '../../support/programs/master.ts'

test('With --keep-alive 0, every response ends its connection', async () => {
  await withMaster({ options: ['--keep-alive', '0'] }, async (master) => {
    await master.serving(1)
    const socket = await open(master.port)
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    const text = Buffer.concat(await socket.toArray()).toString()
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(text, /\r\nConnection: close\r\n/)
  })
})

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}
