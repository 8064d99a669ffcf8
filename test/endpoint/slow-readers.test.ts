import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, test } from 'node:test'
import type { Endpoint } from '../../src/endpoint/endpoint.ts'
import type { Page } from '../../src/exposition/text.ts'
import { endpointLimits } from '../../src/limits/endpoint.ts'
import { encodePageRequest } from '../../src/mount/page-protocol.ts'
import { PageServer } from '../../src/mount/page-server.ts'
import type { PageServerAddress } from '../../src/relay/page-server-address.ts'
import { ask, pageOf, serve, start } from '../support/endpoint/endpoint.ts'
import { eventually } from '../support/programs/app.ts'

/* Clients that ask for a large page and take nothing of it: real sockets, larger pages than these hold. */

const text = `big ${'1'.repeat(endpointLimits.unsentPageBytes / 4)}\n`
const most = endpointLimits.unsentPages
const sockets: Socket[] = []

afterEach(() => leave())

function leave(): void {
  for (const socket of sockets.splice(0)) socket.destroy()
}

/** Takes nothing but the beginning. @returns the first line that it is told. */
async function askSlowly(port: number, said: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  sockets.push(socket)
  socket.write(said)
  return await new Promise((resolve, reject) => {
    socket.once('data', (chunk) => {
      socket.pause()
      resolve(String(chunk).split(/\r?\n/)[0] ?? '')
    })
    socket.once('close', () => reject(new Error('closed without an answer')))
  })
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
}

/** Of one family, so that it can be cut. */
function cuttable(): Page {
  const end = text.length
  const family = { name: 'big', samples: ['big'], start: 0, samplesStart: 0, end }
  return { text, families: [family], clashes: [], twins: 0 }
}

describe('clients that read slowly', () => {
  const rows: Record<string, readonly [path: string, pageMaxAgeMs: number]> = {
    'a page each': ['/metrics', 0],
    'a part each of one page': ['/metrics?name[]=big', 60_000],
  }
  for (const [title, [path, pageMaxAgeMs]] of Object.entries(rows)) {
    test(`get ${title}, up to a limit, and when they have gone it is there again`, async () => {
      const { port, scrapes } = await serve({ page: cuttable, pageMaxAgeMs })
      const told: string[] = []
      for (let count = 0; count < most + 3; count += 1) {
        told.push(await askSlowly(port, get(path)))
      }
      assert.deepEqual(
        told.map((line) => line.split(' ')[1]),
        [...Array.from({ length: most }, () => '200'), '503', '503', '503'],
      )
      const refused = await ask(port, { path })
      assert.equal(refused.status, 503)
      assert.equal(
        refused.headers['retry-after'],
        String(endpointLimits.endpointResponseMs / 1_000),
      )
      assert.match(refused.text, /Clients that read slowly hold/)
      assert.deepEqual(scrapes.slice(most), [503, 503, 503, 503])
      // Neither has anything of the page in it.
      assert.equal((await ask(port, { path: '/healthz' })).status, 200)
      assert.equal((await ask(port, { path, method: 'HEAD' })).status, 200)
      leave()
      const served = await eventually(async () => {
        const answer = await ask(port, { path })
        assert.equal(answer.status, 200)
        return answer
      })
      assert.equal(served.text.length, text.length)
    })
  }

  test('share one page, as many as there are', async () => {
    const { port, scrapes } = await serve({ page: cuttable, pageMaxAgeMs: 60_000 })
    for (let count = 0; count < 3 * most; count += 1) {
      assert.match(await askSlowly(port, get('/metrics')), / 200 /)
    }
    assert.deepEqual(new Set(scrapes), new Set([200]))
  })
})

test('the address has the same limit, together with the endpoint', async () => {
  const bound: string[] = []
  const endpoint = start({ page: () => pageOf(text), onBound: (url) => bound.push(url) })
  const [url] = await eventually(() => {
    assert.equal(bound.length, 1)
    return bound
  })
  const port = Number(new URL(url ?? '').port)
  const { address, close } = await doorTo(endpoint.answerPage)
  try {
    const request = {
      method: 'GET',
      accept: undefined,
      acceptEncoding: undefined,
      query: '',
    } as const
    const said = encodePageRequest({
      token: address.token,
      request: { ...request, authorization: undefined, isCertified: false },
    })
    for (let count = 0; count < most / 2; count += 1) {
      assert.match(await askSlowly(port, get('/metrics')), / 200 /)
      assert.match(await askSlowly(address.port, said), /"status":200/)
    }
    assert.match(await askSlowly(address.port, said), /"status":503/)
    assert.equal((await ask(port)).status, 503)
    leave()
    await eventually(async () => assert.match(await askSlowly(address.port, said), /"status":200/))
    await eventually(async () => assert.equal((await ask(port)).status, 200))
  } finally {
    close()
  }
})

async function doorTo(
  answerPage: Endpoint['answerPage'],
): Promise<{ address: PageServerAddress; close: () => void }> {
  return await new Promise((resolve) => {
    const server = new PageServer({
      answerPage,
      onOpen: (address) => resolve({ address, close: () => server.close() }),
      onFault: assert.fail,
    })
    server.open()
  })
}
