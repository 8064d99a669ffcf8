import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  createServer as createHttpServer,
  type RequestOptions,
  request,
  type ServerResponse,
} from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { unreserved } from '../../src/endpoint/response-budget.ts'
import { endpointLimits } from '../../src/limits/endpoint.ts'
import { mountLimits } from '../../src/limits/mount.ts'
import { MountedPage, type MountedPageLimits } from '../../src/mount/mounted-page.ts'
import { headLine, type PageHead } from '../../src/mount/page-protocol.ts'
import { PageServer } from '../../src/mount/page-server.ts'
import { PageServerLocator } from '../../src/mount/page-server-locator.ts'
import { firstLine } from '../../src/relay/first-line.ts'
import type { PageServerAddress } from '../../src/relay/page-server-address.ts'
import { eventually, freePort } from '../support/programs/app.ts'

const token = 'a'.repeat(64)
const stops: (() => void)[] = []

afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

/** The application's server with the page. Each request for an address gets the next. */
async function mount(
  pageServers: readonly (PageServerAddress | undefined)[],
  changed: Partial<MountedPageLimits> = {},
  prepare: (response: ServerResponse) => void = () => {},
): Promise<{
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
  const page = new MountedPage({
    locator,
    limits: { ...mountLimits, ...endpointLimits, ...changed },
    onFault: (part) => faults.push(part),
  })
  const server = createHttpServer((asked, response) => {
    prepare(response)
    page.respond(asked, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port: (server.address() as AddressInfo).port, questions: () => questions, faults }
}

async function ask(
  port: number,
  options: RequestOptions = {},
): Promise<{ status: number; text: string }> {
  const message = request({ host: '127.0.0.1', port, agent: false, ...options }).end()
  const [response] = await once(message, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, text }
}

/** The real page server. */
async function pageServer(body: string): Promise<PageServerAddress> {
  return await new Promise((resolve) => {
    const respond = () => unreserved({ status: 200, headers: {}, body })
    const server = new PageServer({ respond, onOpen: resolve, onFault: assert.fail })
    server.open()
    stops.push(() => server.close())
  })
}

/** Another server that listens at the address of a former page server. */
async function otherServer(act: (socket: Socket) => void): Promise<PageServerAddress> {
  const server = createServer((socket) => act(socket.on('error', () => {})))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => server.close())
  return { port: (server.address() as AddressInfo).port, token }
}

/** Answers the request of the socket as the page server does. */
async function answer(socket: Socket, head: PageHead, body: string): Promise<void> {
  const line = await firstLine(socket, mountLimits.pageRequestBytes)
  socket.resume()
  socket.write(headLine(token, head, line) + body)
}

async function answerWhole(socket: Socket, head: PageHead, body: string): Promise<void> {
  await answer(socket, head, body)
  socket.end()
}

function head(bodyBytes: number): PageHead {
  return { status: 200, headers: { 'Content-Length': String(bodyBytes) }, bodyBytes }
}

describe('MountedPage', () => {
  it('asks for the address once for all pages', async () => {
    const { port, questions, faults } = await mount([await pageServer('hello')])
    for (let count = 0; count < 3; count += 1) {
      assert.deepEqual(await ask(port), { status: 200, text: 'hello' })
    }
    assert.equal(questions(), 1)
    assert.deepEqual(faults, [])
  })

  for (const name of ['writeHead', 'write', 'end'] as const) {
    it(`breaks the response off where the ${name}() of the application throws`, async () => {
      const fail = (): never => {
        throw new Error('replaced')
      }
      const { port, faults } = await mount([await pageServer('hello')], {}, (response) => {
        response[name] = fail
      })
      // An error in a listener would end the process.
      await ask(port).catch(() => {})
      await eventually(() => assert.deepEqual(faults, ['mounted_page']))
    })
  }

  it('ends the delivery where the off() of the application throws', async () => {
    let isClosed = false
    const address = await otherServer((socket) => {
      socket.resume().on('close', () => {
        isClosed = true
      })
    })
    let response: ServerResponse | undefined
    const { port } = await mount([address], {}, (each) => {
      response = each
      each.off = () => {
        throw new Error('replaced')
      }
    })
    const client = request({ host: '127.0.0.1', port, agent: false }).end()
    client.on('error', () => {})
    await eventually(() => assert.ok(response))
    client.destroy()
    // An error in a listener of the response would end the process.
    await eventually(() => assert.equal(isClosed, true))
  })

  const strange: Record<string, (socket: Socket) => void> = {
    'hangs up': (socket) => socket.destroy(),
    'hangs up later': (socket) => socket.once('data', () => socket.end()),
    'resets the connection': (socket) => socket.once('data', () => socket.resetAndDestroy()),
    'speaks HTTP': (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    'sends a line without end': (socket) => socket.write('x'.repeat(mountLimits.pageHeadBytes + 1)),
  }
  for (const [what, act] of Object.entries(strange)) {
    it(`asks a few times and then refuses when another server ${what}`, async () => {
      const address = await otherServer(act)
      const { port, questions } = await mount([address])
      const { status, text } = await ask(port)
      assert.equal(status, 503)
      assert.match(text, /cannot be reached/)
      assert.equal(questions(), mountLimits.pageAttempts)
      assert.equal((await ask(port)).status, 503)
      assert.equal(questions(), 2 * mountLimits.pageAttempts)
    })

    it(`gets the page from the next address when another server ${what}`, async () => {
      const pageServers = [await otherServer(act), await pageServer('hello')]
      const { port, questions } = await mount(pageServers)
      assert.deepEqual(await ask(port), { status: 200, text: 'hello' })
      assert.deepEqual(await ask(port), { status: 200, text: 'hello' })
      assert.equal(questions(), 2)
    })
  }

  it('gets the page from the next address when no server listens at the first', async () => {
    const gone = { port: await freePort(), token }
    const { port, questions } = await mount([gone, await pageServer('hello')])
    assert.deepEqual(await ask(port), { status: 200, text: 'hello' })
    assert.equal(questions(), 2)
  })

  for (const [what, body] of [
    ['short', 'hell'],
    ['long', 'hello!'],
  ] as const) {
    it(`destroys the response when the body is too ${what}`, async () => {
      const address = await otherServer((socket) => void answerWhole(socket, head(5), body))
      const { port, faults } = await mount([address])
      await assert.rejects(ask(port), /aborted|socket hang up|ECONNRESET/)
      await eventually(() => assert.deepEqual(faults, ['mounted_page']))
    })
  }

  const impostors: Record<string, (line: string) => string> = {
    'a head in plain text': () => JSON.stringify({ version: 1, ...head(5) }),
    'a head for another token': (line) => headLine('b'.repeat(64), head(5), line),
    'the head of another request': (line) => headLine(token, head(5), `${line}x`),
    'the request itself': (line) => line,
  }
  for (const [what, make] of Object.entries(impostors)) {
    it(`takes no page from a server that sends ${what}, and tells it nothing`, async () => {
      const lines: string[] = []
      const impostor = async (socket: Socket): Promise<void> => {
        const line = await firstLine(socket, mountLimits.pageRequestBytes)
        lines.push(line)
        socket.end(`${make(line).trimEnd()}\nhello`)
      }
      const { port } = await mount([await otherServer((socket) => void impostor(socket))])
      const headers = { authorization: 'Bearer secret' }
      assert.equal((await ask(port, { path: '/?name[]=secret', headers })).status, 503)
      assert.equal(lines.length, mountLimits.pageAttempts)
      // Each line has a nonce of its own.
      assert.equal(new Set(lines).size, lines.length)
      const bytes = lines.map((line) => Buffer.from(line, 'base64').toString('latin1'))
      assert.doesNotMatch([...lines, ...bytes].join(), new RegExp(`secret|Bearer|${token}`))
    })
  }

  it('sends every header of the page, several of one name included', async () => {
    const headers = { 'WWW-Authenticate': ['Basic', 'Bearer'], 'Content-Length': '2' }
    const refusal = { status: 401, headers, bodyBytes: 2 }
    const address = await otherServer((socket) => void answerWhole(socket, refusal, 'no'))
    const { port } = await mount([address])
    const message = request({ host: '127.0.0.1', port, agent: false }).end()
    const [response] = await once(message, 'response')
    response.resume()
    assert.equal(response.statusCode, 401)
    assert.equal(response.headers['www-authenticate'], 'Basic, Bearer')
  })

  it('refuses pages beyond mountLimits.mountedPages, and delivers the others', async () => {
    const most = mountLimits.mountedPages
    const waiting: Socket[] = []
    const address = await otherServer((socket) => waiting.push(socket))
    const { port } = await mount([address])
    const pages = Array.from({ length: most }, () => ask(port))
    await eventually(() => assert.equal(waiting.length, most))
    const { status, text } = await ask(port)
    assert.equal(status, 503)
    assert.match(text, /too many requests for the metrics/)
    for (const socket of waiting) await answerWhole(socket, head(5), 'hello')
    for (const page of await Promise.all(pages))
      assert.deepEqual(page, { status: 200, text: 'hello' })
    // There is room again.
    const next = ask(port)
    const last = await eventually(() => {
      const socket = waiting.at(most)
      assert.ok(socket)
      return socket
    })
    await answerWhole(last, head(5), 'hello')
    assert.equal((await next).status, 200)
  })

  it('ends the oldest page whose client does not read when no place is left', async () => {
    const large = 'x'.repeat(32 * 1024 * 1024)
    let pages = 0
    const address = await otherServer((socket) => {
      pages += 1
      const text = pages <= 3 ? large : 'hello'
      void answerWhole(socket, head(text.length), text)
    })
    const { port, faults } = await mount([address], { mountedPages: 3 })
    const clients = Array.from({ length: 3 }, () =>
      request({ host: '127.0.0.1', port, agent: false }),
    )
    const responses = await Promise.all(clients.map((each) => once(each.end(), 'response')))
    // A page gives way as soon as the buffers of its client are full.
    await eventually(async () => assert.deepEqual(await ask(port), { status: 200, text: 'hello' }))
    let ended = 0
    for (const [response] of responses) {
      response.on('error', () => {
        ended += 1
      })
      response.resume()
    }
    await eventually(() => assert.equal(ended, 1))
    assert.deepEqual(faults, ['mounted_page'])
  })

  it('refuses a page while the clients of all other pages read', async () => {
    const address = await otherServer((socket) => void answer(socket, head(5), 'he'))
    const { port, faults } = await mount([address], { mountedPages: 3 })
    const clients = Array.from({ length: 3 }, () =>
      request({ host: '127.0.0.1', port, agent: false }),
    )
    const responses = await Promise.all(clients.map((each) => once(each.end(), 'response')))
    for (const [response] of responses) response.on('error', () => {}).resume()
    assert.equal((await ask(port)).status, 503)
    assert.deepEqual(faults, [])
  })

  it('gives one page at a time to a connection', async () => {
    const waiting: Socket[] = []
    const address = await otherServer((socket) => waiting.push(socket))
    const { port } = await mount([address])
    const client = connect(port, '127.0.0.1')
    stops.push(() => client.destroy())
    let received = ''
    client.on('data', (data) => {
      received += data
    })
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(50))
    const first = await eventually(() => {
      const [socket] = waiting
      assert.ok(socket)
      return socket
    })
    await answerWhole(first, head(5), 'hello')
    await eventually(() => assert.equal(received.match(/HTTP\/1.1 /g)?.length, 50))
    assert.equal(received.match(/HTTP\/1.1 200/g)?.length, 1)
    assert.equal(received.match(/another page under way/g)?.length, 49)
    // The connection can ask again.
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    const second = await eventually(() => {
      const socket = waiting[1]
      assert.ok(socket)
      return socket
    })
    await answerWhole(second, head(5), 'hello')
    await eventually(() => assert.equal(received.match(/HTTP\/1.1 200/g)?.length, 2))
  })

  it('forgets the address of a server that is silent for mountLimits.mountedPageMs', async () => {
    const silent = await otherServer((socket) => socket.resume())
    const limits = { mountedPageMs: mountLimits.mountedPageMs / 10 }
    const { port, questions } = await mount([silent, await pageServer('hello')], limits)
    const { status, text } = await ask(port)
    assert.equal(status, 503)
    assert.match(text, /did not respond within 0.5 seconds/)
    assert.deepEqual(await ask(port), { status: 200, text: 'hello' })
    assert.equal(questions(), 2)
  })

  it('destroys a response that the client does not receive in time', async () => {
    const address = await otherServer((socket) => void answer(socket, head(5), 'he'))
    const { port, faults } = await mount([address], { endpointResponseMs: 100 })
    await assert.rejects(ask(port), /aborted|socket hang up|ECONNRESET/)
    assert.deepEqual(faults, ['mounted_page'])
  })

  it('refuses a request that exceeds mountLimits.pageRequestBytes', async () => {
    const { port, questions } = await mount([undefined], {
      pageRequestBytes: mountLimits.pageRequestBytes / 64,
    })
    const { status } = await ask(port, { path: `/metrics?${'x'.repeat(1_024)}` })
    assert.equal(status, 431)
    assert.equal(questions(), 0)
  })

  it('refuses a head that exceeds mountLimits.pageHeadBytes', async () => {
    const long = { ...head(5), headers: { 'Content-Length': '5', Filler: 'x'.repeat(100) } }
    const pageHeadBytes = mountLimits.pageHeadBytes / 256
    const address = await otherServer((socket) => void answerWhole(socket, long, 'hello'))
    const { port } = await mount([address], { pageHeadBytes })
    assert.equal((await ask(port)).status, 503)
  })

  it('refuses other methods than GET and HEAD', async () => {
    const { port, questions } = await mount([undefined])
    const { status, text } = await ask(port, { method: 'POST' })
    assert.deepEqual([status, text], [405, 'Method not allowed. Use GET or HEAD.\n'])
    assert.equal(questions(), 0)
  })
})
