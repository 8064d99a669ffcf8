// Bug: clients that read slowly held pages in memory without a bound, at the endpoint and at the
// page server.
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { afterEach, test } from 'node:test'
import type { Endpoint } from '../../src/endpoint/endpoint.ts'
import { endpointLimits } from '../../src/limits/endpoint.ts'
import { openHead, requestLine } from '../../src/mount/page-protocol.ts'
import { PageServer } from '../../src/mount/page-server.ts'
import type { PageServerAddress } from '../../src/relay/page-server-address.ts'
import { ask, pageOf, start } from '../support/endpoint/endpoint.ts'
import { eventually } from '../support/programs/app.ts'

const most = endpointLimits.unsentPages

const sockets: Socket[] = []

afterEach(() => leave())

test('The page server and the endpoint share one limit for unsent pages', async () => {
  const bound: string[] = []
  const endpoint = start({ page: () => pageOf(text), onBound: (url) => bound.push(url) })
  const [url] = await eventually(() => {
    assert.equal(bound.length, 1)
    return bound
  })
  const port = Number(new URL(url ?? '').port)
  const { address, close } = await pageServerFor(endpoint.respond)
  try {
    const request = {
      method: 'GET',
      accept: undefined,
      acceptEncoding: undefined,
      query: '',
    } as const
    const asked = { ...request, authorization: undefined, isCertified: false }
    const said = requestLine(address.token, asked)
    const statusOf = async (): Promise<number | undefined> =>
      openHead(address.token, await askSlowly(address.port, said), said)?.status
    for (let count = 0; count < most / 2; count += 1) {
      assert.match(await askSlowly(port, get('/metrics')), / 200 /)
      assert.equal(await statusOf(), 200)
    }
    assert.equal(await statusOf(), 503)
    assert.equal((await ask(port)).status, 503)
    leave()
    await eventually(async () => assert.equal(await statusOf(), 200))
    await eventually(async () => assert.equal((await ask(port)).status, 200))
  } finally {
    close()
  }
})

/* Clients request a page and read nothing. The page is larger than the buffers of a socket. */

const text = `big ${'1'.repeat(endpointLimits.unsentPageBytes / 4)}\n`

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

async function pageServerFor(
  respond: Endpoint['respond'],
): Promise<{ address: PageServerAddress; close: () => void }> {
  return await new Promise((resolve) => {
    const server = new PageServer({
      respond,
      onOpen: (address) => resolve({ address, close: () => server.close() }),
      onFault: assert.fail,
    })
    server.open()
  })
}
