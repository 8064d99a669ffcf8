import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import type { PageRequest } from '../../src/endpoint/page-request.ts'
import type { EndpointResponse } from '../../src/endpoint/response.ts'
import { unreserved } from '../../src/endpoint/response-budget.ts'
import { endpointLimits } from '../../src/limits/endpoint.ts'
import { mountLimits } from '../../src/limits/mount.ts'
import {
  encodePageRequest,
  openHead,
  type PageHead,
  requestLine,
} from '../../src/mount/page-protocol.ts'
import { PageServer, type PageServerLimits } from '../../src/mount/page-server.ts'
import type { PageServerAddress } from '../../src/relay/page-server-address.ts'
import { sealedLine } from '../../src/relay/sealed-line.ts'
import { eventually } from '../support/programs/app.ts'

const asked: PageRequest = {
  method: 'GET',
  accept: 'text/plain',
  acceptEncoding: 'gzip',
  query: 'name[]=a',
  authorization: 'Bearer x',
  isCertified: true,
}
const page = 'größe 1\n'.repeat(100_000)
const response: EndpointResponse = { status: 200, headers: { Vary: 'Accept' }, body: page }
const stops: (() => void)[] = []

afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

interface OpenServer {
  readonly server: PageServer
  readonly address: PageServerAddress
  readonly requests: PageRequest[]
  readonly faults: string[]
}

async function open(
  respond: (request: PageRequest) => EndpointResponse | Promise<EndpointResponse> = () => response,
  changed: Partial<PageServerLimits> = {},
): Promise<OpenServer> {
  const [requests, faults]: [PageRequest[], string[]] = [[], []]
  const pageServers: PageServerAddress[] = []
  const server = new PageServer({
    respond(request) {
      requests.push(request)
      return Promise.resolve(respond(request)).then(unreserved)
    },
    limits: { ...mountLimits, ...endpointLimits, ...changed },
    onOpen: (address) => pageServers.push(address),
    onFault: (part) => faults.push(part),
  })
  stops.push(() => server.close())
  server.open()
  const [address] = await eventually(() => {
    assert.equal(pageServers.length, 1)
    return pageServers
  })
  assert.ok(address)
  return { server, address, requests, faults }
}

function connectTo({ port }: PageServerAddress): Socket {
  const socket = connect(port, '127.0.0.1')
  stops.push(() => socket.destroy())
  return socket
}

async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function ask(
  address: PageServerAddress,
  request = asked,
): Promise<{ head: PageHead | undefined; body: string }> {
  const socket = connectTo(address)
  const line = requestLine(address.token, request)
  socket.write(line)
  const [head = '', ...body] = (await readAll(socket)).split('\n')
  return { head: openHead(address.token, head, line), body: body.join('\n') }
}

describe('PageServer', () => {
  it('listens at the first call of open, and keeps its address', async () => {
    const pageServers: PageServerAddress[] = []
    const options = { respond: () => unreserved(response), onFault: assert.fail }
    const server = new PageServer({ ...options, onOpen: (address) => pageServers.push(address) })
    stops.push(() => server.close())
    for (let count = 0; count < 3; count += 1) server.open()
    await eventually(() => assert.equal(pageServers.length, 1))
    server.open()
    assert.deepEqual(pageServers[1], pageServers[0])
    assert.match(pageServers[0]?.token ?? '', /^[0-9a-f]{64}$/)
    const other = await open()
    assert.notEqual(other.address.token, pageServers[0]?.token)
  })

  it('responds with head and body', async () => {
    const { address, requests, faults } = await open()
    const { head, body } = await ask(address)
    const bodyBytes = Buffer.byteLength(page)
    const headers = { Vary: 'Accept', 'Content-Length': String(bodyBytes) }
    assert.deepEqual(head, { status: 200, headers, bodyBytes })
    assert.equal(body, page)
    assert.deepEqual(requests, [asked])
    assert.deepEqual(faults, [])
  })

  it('responds to HEAD without the body, with any status', async () => {
    const refusal: EndpointResponse = { status: 401, headers: {}, body: Buffer.from('no') }
    const { address } = await open(() => Promise.resolve(refusal))
    const { head, body } = await ask(address, { ...asked, method: 'HEAD' })
    const headers = { 'Content-Length': '2' }
    assert.deepEqual(head, { status: 401, headers, bodyBytes: 0 })
    assert.equal(body, '')
  })

  const line = (token: string): string => requestLine(token, asked)
  const text = encodePageRequest(asked)
  const sealedFor = (said: string, token: string, context = 'page request'): string =>
    sealedLine(said, { token, context })
  const invalid: Record<string, (address: PageServerAddress) => string | Buffer> = {
    'another token': ({ token }) =>
      line(token.replace(/^./, (first) => (first === '0' ? '1' : '0'))),
    'no token': () => `${text}\n`,
    'the token in plain text': ({ token }) => `${JSON.stringify({ ...asked, token })}\n`,
    'another context': ({ token }) => sealedFor(text, token, 'page head'),
    'another method': ({ token }) => sealedFor(text.replace('"GET"', '"POST"'), token),
    'another version': ({ token }) => sealedFor(text.replace('"version":1', '"version":2'), token),
    'an empty line': () => '\n',
    'a line of few bytes': () => 'AAAA\n',
    HTTP: () => 'GET / HTTP/1.1\r\n\r\n',
    'no text': () => Buffer.alloc(100, 0xff),
    'too much': () => Buffer.alloc(mountLimits.pageRequestBytes + 1, 'x'),
  }
  for (const [what, said] of Object.entries(invalid)) {
    it(`closes the connection for ${what}, and counts a fault`, async () => {
      const { address, requests, faults } = await open()
      const socket = connectTo(address).on('error', () => {})
      let received = ''
      socket.on('data', (chunk) => {
        received += chunk
      })
      socket.write(said(address))
      if (what === 'no text') socket.write('\n')
      await once(socket, 'close')
      assert.equal(received, '')
      assert.deepEqual(requests, [])
      assert.deepEqual(faults, ['page_request'])
      assert.equal((await ask(address)).body, page)
    })
  }

  it('counts a response that fails, without a word to the client', async () => {
    for (const fail of [() => Promise.reject(new Error('secret')), () => assert.fail('secret')]) {
      const { address, faults } = await open(fail)
      assert.deepEqual(await ask(address), { head: undefined, body: '' })
      assert.deepEqual(faults, ['page_request'])
    }
  })

  it('counts no fault when a client closes early or within the page', async () => {
    const { address, faults } = await open()
    for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const silent = connectTo(address).resume()
      await once(silent, 'connect')
      silent[leave]()
      await once(silent, 'close')
      const reading = connectTo(address)
      reading.write(line(address.token))
      await once(reading, 'data')
      reading[leave]()
      reading.destroy()
      await once(reading, 'close')
    }
    assert.equal((await ask(address)).body, page)
    assert.deepEqual(faults, [])
  })

  it('replaces connections without the token at mountLimits.pageServerConnections', async () => {
    const { address, faults } = await open()
    const most = mountLimits.pageServerConnections
    const surplus = 30
    const idle = Array.from({ length: most + surplus }, () => connectTo(address).resume())
    let closed = 0
    for (const socket of idle) socket.once('close', () => (closed += 1))
    await eventually(() => assert.equal(closed, surplus))
    assert.deepEqual(faults, Array(surplus).fill('page_server_connections'))
    assert.equal((await ask(address)).body, page)
  })

  it('closes a new connection while each other one has shown the token', async () => {
    let answer = (): void => {}
    const answered = new Promise<void>((resolve) => (answer = resolve))
    const waiting = async (): Promise<EndpointResponse> => {
      await answered
      return response
    }
    const { address, faults, requests } = await open(waiting, { pageServerConnections: 3 })
    const asking = Array.from({ length: 3 }, () => ask(address))
    await eventually(() => assert.equal(requests.length, 3))
    const surplus = connectTo(address)
      .on('error', () => {})
      .resume()
    await once(surplus, 'close')
    assert.deepEqual(faults, ['page_server_connections'])
    answer()
    for (const { body } of await Promise.all(asking)) assert.equal(body, page)
    // The three have ended, and there is room again.
    await eventually(async () => assert.equal((await ask(address)).body, page))
  })

  it('closes a connection without a request after mountLimits.pageRequestMs', async () => {
    const pageRequestMs = mountLimits.pageRequestMs / 50
    const { address, requests } = await open(undefined, { pageRequestMs })
    const slow = connectTo(address).resume()
    slow.write('{"version":1')
    await once(slow, 'end')
    assert.deepEqual(requests, [])
  })
})
