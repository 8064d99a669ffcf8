// Bug: a server whose listen() failed was kept for ever. A program that tries again and again ran
// into the limit of servers.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { collectLimits } from '../../src/limits/collect.ts'
import { connectTo, listening, observing } from '../support/observed-servers.ts'
import { eventually } from '../support/programs/app.ts'

test('Servers forgets more failed servers than collectLimits.servers', async (t) => {
  const { servers, faults } = observing(t)
  const occupied = await listening(t)
  const { port } = occupied.address() as AddressInfo
  for (let count = 0; count <= collectLimits.servers; count += 1) {
    const failed = createServer().listen(port, '127.0.0.1')
    await once(failed, 'error')
  }
  const server = await listening(t)
  await connectTo(t, server)
  await eventually(() => assert.equal(servers.connections(), 1))
  assert.deepEqual(faults, [])
})
