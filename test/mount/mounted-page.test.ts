import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer, request } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { unheld } from '../../src/endpoint/response-budget.ts'
import { mountLimits } from '../../src/limits/mount.ts'
import { MountedPage } from '../../src/mount/mounted-page.ts'
import { encodePageHead } from '../../src/mount/page-protocol.ts'
import { PageServer } from '../../src/mount/page-server.ts'
import { PageServerLocator } from '../../src/mount/page-server-locator.ts'
import type { PageServerAddress } from '../../src/relay/page-server-address.ts'
import { eventually, freePort } from '../support/programs/app.ts'

const token = 'a'.repeat(64)
const stops: (() => void)[] = []

afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

/** A server of the application's with the page, whose question for the page server is answered in turn by these. */
async function mount(pageServers: readonly (PageServerAddress | undefined)[]): Promise<{
  readonly port: number
  readonly questions: () => number
  readonly faults: string[]
}> {
  let questions = 0
  const faults: string[] = []
  const locator: PageServerLocator = new PageServerLocator(() => {
    const address = pageServers[Math.min(questions, pageServers.length - 1)]
    questions += 1
    if (address) setImmediate(() => locator.open(address))
  })
  const page = new MountedPage({ locator: locator, onFault: (part) => faults.push(part) })
  const server = createHttpServer((asked, response) => page.answer(asked, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port: (server.address() as AddressInfo).port, questions: () => questions, faults }
}

async function ask(port: number): Promise<{ status: number; text: string }> {
  const message = request({ host: '127.0.0.1', port, agent: false }).end()
  const [response] = await once(message, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, text }
}

/** The real page server. */
async function goodDoor(body: string): Promise<PageServerAddress> {
  return await new Promise((resolve) => {
    const answerPage = () => unheld({ status: 200, headers: {}, body })
    const server = new PageServer({ answerPage, onOpen: resolve, onFault: assert.fail })
    server.open()
    stops.push(() => server.close())
  })
}

/** Something else that has come to listen there. */
async function strangeDoor(act: (socket: Socket) => void): Promise<PageServerAddress> {
  const server = createServer((socket) => act(socket.on('error', () => {})))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => server.close())
  return { port: (server.address() as AddressInfo).port, token }
}

function head(bodyBytes: number): string {
  return encodePageHead({ status: 200, headers: { 'Content-Length': '5' }, bodyBytes })
}

describe('A mounted page', () => {
  it('asks for the address once, however many wait for it', async () => {
    const { port, questions, faults } = await mount([await goodDoor('hello')])
    for (let count = 0; count < 3; count += 1) {
      assert.deepEqual(await ask(port), { status: 200, text: 'hello' })
    }
    assert.equal(questions(), 1)
    assert.deepEqual(faults, [])
  })

  const strange: Record<string, (socket: Socket) => void> = {
    'hangs up': (socket) => socket.destroy(),
    'hangs up later': (socket) => socket.once('data', () => socket.end()),
    'resets the connection': (socket) => socket.once('data', () => socket.resetAndDestroy()),
    'speaks otherwise': (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    'never ends its line': (socket) => socket.write('x'.repeat(mountLimits.pageHeadBytes + 1)),
  }
  for (const [what, act] of Object.entries(strange)) {
    it(`asks once more where somebody else ${what}, and then refuses`, async () => {
      const address = await strangeDoor(act)
      const { port, questions } = await mount([address])
      const { status, text } = await ask(port)
      assert.equal(status, 503)
      assert.match(text, /cannot be reached/)
      assert.equal(questions(), 2)
      assert.equal((await ask(port)).status, 503)
      assert.equal(questions(), 4)
    })

    it(`comes by the next address where somebody else ${what}`, async () => {
      const pageServers = [await strangeDoor(act), await goodDoor('hello')]
      const { port, questions } = await mount(pageServers)
      assert.deepEqual(await ask(port), { status: 200, text: 'hello' })
      assert.deepEqual(await ask(port), { status: 200, text: 'hello' })
      assert.equal(questions(), 2)
    })
  }

  it('comes by the next address where nobody listens at the first', async () => {
    const gone = { port: await freePort(), token }
    const { port, questions } = await mount([gone, await goodDoor('hello')])
    assert.deepEqual(await ask(port), { status: 200, text: 'hello' })
    assert.equal(questions(), 2)
  })

  for (const [what, body] of [
    ['short', 'hell'],
    ['long', 'hello!'],
  ]) {
    it(`is broken off where the body is too ${what}`, async () => {
      const address = await strangeDoor((socket) => socket.end(`${head(5)}${body}`))
      const { port, faults } = await mount([address])
      await assert.rejects(ask(port), /aborted|socket hang up|ECONNRESET/)
      await eventually(() => assert.deepEqual(faults, ['mounted_page']))
    })
  }

  it('has every header that it is given, those of one name too', async () => {
    const headers = { 'WWW-Authenticate': ['Basic', 'Bearer'], 'Content-Length': '2' }
    const text = `${encodePageHead({ status: 401, headers, bodyBytes: 2 })}no`
    const { port } = await mount([await strangeDoor((socket) => socket.end(text))])
    const message = request({ host: '127.0.0.1', port, agent: false }).end()
    const [response] = await once(message, 'response')
    response.resume()
    assert.equal(response.statusCode, 401)
    assert.equal(response.headers['www-authenticate'], 'Basic, Bearer')
  })

  it('is refused beyond the number under way, and all of these come', async () => {
    const waiting: Socket[] = []
    const address = await strangeDoor((socket) => waiting.push(socket))
    const { port } = await mount([address])
    const pages = Array.from({ length: mountLimits.mountedPages }, () => ask(port))
    await eventually(() => assert.equal(waiting.length, mountLimits.mountedPages))
    const { status, text } = await ask(port)
    assert.equal(status, 503)
    assert.match(text, /Too many/)
    for (const socket of waiting) socket.end(`${head(5)}hello`)
    for (const page of await Promise.all(pages))
      assert.deepEqual(page, { status: 200, text: 'hello' })
    // There is room again.
    const next = ask(port)
    await eventually(
      () => waiting.at(mountLimits.mountedPages)?.end(`${head(5)}hello`) ?? assert.fail(),
    )
    assert.equal((await next).status, 200)
  })

  it('forgets a address where nothing was said in time', async () => {
    const silent = await strangeDoor((socket) => socket.resume())
    const { port, questions } = await mount([silent, await goodDoor('hello')])
    const { status, text } = await ask(port)
    assert.equal(status, 503)
    assert.match(text, /did not answer within/)
    assert.deepEqual(await ask(port), { status: 200, text: 'hello' })
    assert.equal(questions(), 2)
  })
})
