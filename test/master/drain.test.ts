import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { Drain } from '../../src/master/drain.ts'

let drained = 0
const drain = new Drain({
  keepAliveMs: 1_000,
  onDrained: () => {
    drained += 1
  },
})
const holder = createServer()
const server = createServer()

after(() => {
  holder.close()
  server.close()
})

test('a server that cannot listen is let go of, however often it tries, until it does', async () => {
  await once(holder.listen(0, '127.0.0.1'), 'listening')
  const { port } = holder.address() as AddressInfo
  const counts = (): number[] => ['close', 'connection'].map((name) => server.listenerCount(name))
  const before = counts()
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await assert.rejects(once(server.listen(port, '127.0.0.1'), 'listening'), /EADDRINUSE/)
    assert.deepEqual(counts(), before)
  }
  await once(server.listen(0, '127.0.0.1'), 'listening')
  assert.deepEqual(
    counts(),
    before.map((count) => count + 1),
  )
})

test('the end of all that listen is told once', async () => {
  drain.start()
  await Promise.all([once(holder, 'close'), once(server, 'close')])
  assert.equal(drained, 1)
  assert.equal(server.listenerCount('close'), 0)
})
