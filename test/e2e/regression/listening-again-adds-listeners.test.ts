// Bug: each `listen()` of a server that hands sockets over added two more listeners to the server.
// After ten, Node warned the application of a memory leak.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'

test('A server of a primary that listens again gets no further listeners', async () => {
  const app = await startApp({ file: 'apps/cluster/relistening.cjs' })
  try {
    await app.ready()
    await eventually(async () => {
      const ready = await fetch(new URL('/readyz', app.metricsUrl))
      assert.match(await ready.text(), /The primary hands sockets to 1 workers/)
    })
    assert.equal(app.stderr(), '')
  } finally {
    await app.stop()
  }
})
