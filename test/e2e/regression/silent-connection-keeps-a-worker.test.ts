// Bug: a connection without any request counted as busy. A retiring worker waited for the
// connection until the graceful timeout.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { withMaster } from '../../support/programs/master.ts'

test('A connection without a request does not keep a worker from retiring', async () => {
  await withMaster({ options: ['--keep-alive', '0.5'] }, async (master) => {
    await master.serving(1)
    const silent = await open(master.port)
    master.signal('SIGHUP')
    await eventually(() => assert.match(master.stderr(), /ended with code 0 \(hup\)/))
    assert.doesNotMatch(master.stderr(), /SIGKILL/)
    silent.destroy()
  })
})

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}
