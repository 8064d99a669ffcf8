import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { closeAfter } from '../../../src/master/agent/last-response.ts'

type Says = (response: ServerResponse) => void

const closed: Record<string, Says> = {
  nothing: () => {},
  setHeader: (response) => response.setHeader('Connection', 'keep-alive'),
  'setHeader with a list': (response) => response.setHeader('connection', ['Keep-Alive', 'x-hop']),
  'writeHead with an object': (response) =>
    response.writeHead(200, { CONNECTION: 'keep-alive', 'X-Other': 'kept' }),
  'writeHead with a reason': (response) =>
    response.writeHead(200, 'Fine', { Connection: 'keep-alive' }),
  'writeHead with a list': (response) =>
    response.writeHead(200, ['Connection', 'keep-alive', 'X-Other', 'kept']),
  'writeHead with pairs': (response) =>
    response.writeHead(200, [
      ['Connection', 'keep-alive'],
      ['X-Other', 'kept'],
    ] as never),
  both: (response) =>
    response.setHeader('X-Other', 'kept').writeHead(200, { Connection: 'keep-alive' }),
  flushHeaders: (response) => response.setHeader('Connection', 'keep-alive').flushHeaders(),
  'close itself': (response) => response.writeHead(200, { Connection: 'close' }),
}

for (const [title, says] of Object.entries(closed)) {
  test(`a last response of an application that says ${title} says close`, async () => {
    const { headers } = await answer(says)
    assert.equal(headers.connection, 'close')
    assert.equal(headers['x-other'], /X-Other/.test(String(says)) ? 'kept' : undefined)
  })
}

test('what is no keep-alive stays', async () => {
  const { headers, statusCode } = await answer((response) =>
    response.writeHead(426, { Connection: 'Upgrade', Upgrade: 'websocket' }),
  )
  assert.equal(statusCode, 426)
  assert.equal(headers.connection, 'Upgrade')
})

test('nothing is to be seen of it', async () => {
  await answer((response) => {
    const keys = Object.keys(response)
    response.writeHead(200, { Connection: 'keep-alive' })
    assert.ok(!keys.includes('_storeHeader'))
    assert.equal(response.writeHead, Object.getPrototypeOf(response).writeHead)
  })
})

async function answer(says: Says): Promise<IncomingMessage> {
  const server = createServer((_, response) => {
    closeAfter(response)
    says(response)
    response.end('served')
  })
  const agent = new Agent({ keepAlive: true })
  try {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const [response] = (await once(get({ host: '127.0.0.1', port, agent }), 'response')) as [
      IncomingMessage,
    ]
    await response.resume().toArray()
    return response
  } finally {
    agent.destroy()
    server.close()
    server.closeAllConnections()
  }
}
