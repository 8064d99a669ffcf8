import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { leaveBegunResponse } from '../../src/mount/begun-response.ts'
import { eventually } from '../support/programs/app.ts'

const limitMs = 20

describe('leaveBegunResponse()', () => {
  test('breaks a response off that the application does not end', async (context) => {
    const response = await begunResponse(context)
    const told: string[] = []
    const options = { limitMs, onBrokenOff: () => void told.push('broken off') }
    assert.equal(leaveBegunResponse(response, options), true)
    await eventually(() => assert.equal(response.destroyed, true))
    assert.deepEqual(told, ['broken off'])
  })

  test('says nothing about a response that had closed before', async (context) => {
    const response = await begunResponse(context)
    response.destroy()
    await once(response, 'close')
    const told: string[] = []
    const options = { limitMs, onBrokenOff: () => void told.push('broken off') }
    assert.equal(leaveBegunResponse(response, options), true)
    await sleep(5 * limitMs)
    assert.deepEqual(told, [])
  })
})

/** A response of which the client has the head. */
async function begunResponse(context: TestContext): Promise<ServerResponse> {
  const server = createServer().listen(0, '127.0.0.1')
  context.after(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = get({ host: '127.0.0.1', port, agent: false }, (head) =>
    head.on('error', () => {}),
  )
  client.on('error', () => {})
  const [, response] = await once(server, 'request')
  response.flushHeaders()
  await once(client, 'response')
  return response
}
