import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { connectTo, listening, observing } from '../../support/observed-servers.ts'
import { eventually } from '../../support/programs/app.ts'

describe('Servers', () => {
  it('counts a fault for a server beyond its limit and observes the others', async (t) => {
    const { servers, faults } = observing(t, 2)
    const first = await listening(t)
    await listening(t)
    assert.deepEqual(faults, [])
    const beyond = await listening(t)
    assert.deepEqual(faults, ['servers_limit'])
    await connectTo(t, first)
    await connectTo(t, beyond)
    await eventually(() => assert.equal(servers.connections(), 1))
  })

  it('observes another server after an observed server closes', async (t) => {
    const { servers, faults } = observing(t, 1)
    const first = await listening(t)
    first.close()
    await once(first, 'close')
    await connectTo(t, await listening(t))
    await eventually(() => assert.equal(servers.connections(), 1))
    assert.deepEqual(faults, [])
  })
})
