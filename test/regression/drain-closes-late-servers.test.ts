import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { test } from 'node:test'
import { Drain } from '../../src/master/agent/drain.ts'

test('Drain closes a server that listens after the start, and reports the close', async () => {
  let reports = 0
  const drain = new Drain({
    keepAliveMs: 1_000,
    gracefulMs: 0,
    onClosed: () => {
      reports += 1
    },
    onChange: () => {},
    onFault: () => {},
  })
  drain.start()
  const server = createServer()
  try {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    assert.equal(reports, 2)
    const { port } = server.address() as AddressInfo
    await assert.rejects(once(connect(port, '127.0.0.1'), 'connect'), /ECONNREFUSED/)
    assert.equal(drain.rest, 'nothing')
  } finally {
    drain.stop()
    server.close()
  }
})
