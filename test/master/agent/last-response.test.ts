import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer, get, IncomingMessage, ServerResponse } from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import { describe, test } from 'node:test'
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

describe('closeAfter', () => {
  for (const [title, says] of Object.entries(closed)) {
    test(`makes Node.js send "close" for an application that sends ${title}`, async () => {
      const { headers } = await answer(says)
      assert.equal(headers.connection, 'close')
      assert.equal(headers['x-other'], /X-Other/.test(String(says)) ? 'kept' : undefined)
    })
  }

  for (const [title, says] of [
    [
      'writeHead',
      (response) => response.writeHead(426, { Connection: 'Upgrade', Upgrade: 'websocket' }),
    ],
    [
      'setHeader',
      (response) => response.setHeader('Connection', 'Upgrade').setHeader('Upgrade', 'websocket'),
    ],
  ] as const satisfies readonly [string, Says][]) {
    test(`keeps an upgrade that the application sends by ${title}`, async () => {
      const { headers } = await answer(says)
      assert.equal(headers.connection, 'Upgrade')
    })
  }

  test('adds nothing that the application can list', async () => {
    await answer((response) => {
      const keys = Object.keys(response)
      response.writeHead(200, { Connection: 'keep-alive' })
      assert.ok(!keys.includes('_storeHeader'))
      assert.equal(response.writeHead, Object.getPrototypeOf(response).writeHead)
    })
  })

  const unchanged = [
    ...[null, undefined, 'text', { 'X-Other': 'kept' }, { Connection: 'close' }, []],
    ...[
      ['Connection', 'close', 'A', 'b'],
      [['Connection', 'close'], ['A', 'b'], null],
    ],
  ]
  for (const headers of unchanged) {
    test(`hands on the headers ${JSON.stringify(headers)} without a change`, () => {
      const { response, seen } = storing()
      closeAfter(response, assert.fail)
      response._storeHeader('HTTP/1.1 200 OK', headers)
      assert.deepEqual(seen, [headers])
    })
  }

  for (const [headers, expected] of [
    [{ connection: 'keep-alive', A: 'b' }, { A: 'b' }],
    [
      ['A', 'b', 'Connection', 'keep-alive', 'C', 'd'],
      ['A', 'b', 'C', 'd'],
    ],
    [
      [
        ['A', 'b'],
        ['Connection', 'Keep-Alive'],
      ],
      [['A', 'b']],
    ],
  ]) {
    test(`removes keep-alive from the headers ${JSON.stringify(headers)}`, () => {
      const { response, seen } = storing()
      closeAfter(response, assert.fail)
      response._storeHeader('HTTP/1.1 200 OK', headers)
      assert.deepEqual(seen, [expected])
      assert.equal(response.shouldKeepAlive, false)
    })
  }

  test('changes nothing but a flag when the headers are sent', () => {
    const response = plainResponse()
    response.flushHeaders()
    closeAfter(response, assert.fail)
    assert.equal(Object.hasOwn(response, '_storeHeader'), false)
    assert.equal(response.shouldKeepAlive, false)
  })

  test('changes nothing but a flag in a Node.js without the internal method', () => {
    const response = Object.assign(plainResponse(), { _storeHeader: undefined })
    closeAfter(response, assert.fail)
    assert.equal(response._storeHeader, undefined)
    assert.equal(response.shouldKeepAlive, false)
  })

  test('lets other packages wrap the internal method too', () => {
    const { response } = storing()
    closeAfter(response, assert.fail)
    const { configurable, enumerable, writable } =
      Object.getOwnPropertyDescriptor(response, '_storeHeader') ?? {}
    assert.deepEqual([configurable, enumerable, writable], [true, false, true])
  })
})

function plainResponse(): ServerResponse {
  return new ServerResponse(new IncomingMessage(new Socket()))
}

interface Storing {
  readonly response: ServerResponse & { _storeHeader: (head: string, headers: unknown) => void }
  /** The headers that Node's internal method got. */
  readonly seen: unknown[]
}

function storing(): Storing {
  const seen: unknown[] = []
  const response = Object.assign(plainResponse(), {
    _storeHeader: (_: string, headers: unknown) => void seen.push(headers),
  })
  return { response, seen }
}

async function answer(says: Says): Promise<IncomingMessage> {
  const server = createServer((_, response) => {
    closeAfter(response, assert.fail)
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
