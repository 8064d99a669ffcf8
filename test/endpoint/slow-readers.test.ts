import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, test } from 'node:test'
import type { Page } from '../../src/exposition/page.ts'
import { endpointLimits } from '../../src/limits/endpoint.ts'
import type { InParts } from '../../src/model/page/in-parts.ts'
import { ask, rendering, serve } from '../support/endpoint/endpoint.ts'
import { eventually } from '../support/programs/app.ts'

/* Clients request a page and read nothing. The page is larger than the buffers of a socket. */

const text = `big ${'1'.repeat(endpointLimits.unsentPageBytes / 4)}\n`
const most = endpointLimits.unsentPages
const sockets: Socket[] = []

afterEach(() => leave())

function leave(): void {
  for (const socket of sockets.splice(0)) socket.destroy()
}

/** Reads only the beginning of the response. @returns its first line. */
async function askSlowly(port: number, said: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  sockets.push(socket)
  socket.write(said)
  return await new Promise((resolve, reject) => {
    socket.once('data', (chunk) => {
      socket.pause()
      resolve(String(chunk).split(/\r?\n/)[0] ?? '')
    })
    socket.once('close', () => reject(new Error('closed without a response')))
  })
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
}

/** A page with one family, so that a request can select a part. */
function selectablePage(): InParts<Page> {
  const nothing = Buffer.alloc(0)
  const family = { name: 'big', samples: ['big'], head: nothing, parts: [Buffer.from(text)] }
  return rendering({ families: [family], end: nothing, clashes: [], twins: 0, shed: [] })
}

describe('Slow clients', () => {
  const rows: Record<string, readonly [path: string, pageMaxAgeMs: number]> = {
    'a page each': ['/metrics', 0],
    'a part each of one page': ['/metrics?name[]=big', 60_000],
  }
  for (const [title, [path, pageMaxAgeMs]] of Object.entries(rows)) {
    test(`get ${title} up to a limit, and leave room when they close`, async () => {
      const { port, scrapes } = await serve({ page: selectablePage, pageMaxAgeMs })
      const lines: string[] = []
      for (let count = 0; count < most + 3; count += 1) {
        lines.push(await askSlowly(port, get(path)))
      }
      assert.deepEqual(
        lines.map((line) => line.split(' ')[1]),
        [...Array.from({ length: most }, () => '200'), '503', '503', '503'],
      )
      const refused = await ask(port, { path })
      assert.equal(refused.status, 503)
      assert.equal(
        refused.headers['retry-after'],
        String(endpointLimits.endpointResponseMs / 1_000),
      )
      assert.match(refused.text, /Slow clients hold the maximum/)
      assert.deepEqual(scrapes.slice(most), [503, 503, 503, 503])
      // Responses without a body of the page are still sent.
      assert.equal((await ask(port, { path: '/healthz' })).status, 200)
      assert.equal((await ask(port, { path, method: 'HEAD' })).status, 200)
      leave()
      const served = await eventually(async () => {
        const response = await ask(port, { path })
        assert.equal(response.status, 200)
        return response
      })
      assert.equal(served.text.length, text.length)
    })
  }

  test('share one page without a limit', async () => {
    const { port, scrapes } = await serve({ page: selectablePage, pageMaxAgeMs: 60_000 })
    for (let count = 0; count < 3 * most; count += 1) {
      assert.match(await askSlowly(port, get('/metrics')), / 200 /)
    }
    assert.deepEqual(new Set(scrapes), new Set([200]))
  })
})
