import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { Drain } from '../../src/master/agent/drain.ts'

test('Drain closes a server that listens after the start, and reports the end once', async () => {
  let drained = 0
  const drain = new Drain({
    keepAliveMs: 1_000,
    onDrained: () => {
      drained += 1
    },
  })
  drain.start()
  const server = createServer()
  const closed = once(server, 'close')
  try {
    server.listen(0, '127.0.0.1')
    await closed
    assert.equal(server.listening, false)
    assert.equal(drained, 1)
  } finally {
    drain.stop()
    server.close()
  }
})
