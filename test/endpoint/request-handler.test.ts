import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { Access } from '../../src/endpoint/access.ts'
import { EndpointAuth } from '../../src/endpoint/auth.ts'
import { Connections } from '../../src/endpoint/connections.ts'
import { PageCache } from '../../src/endpoint/page-cache.ts'
import type { PageRequest } from '../../src/endpoint/page-request.ts'
import { RequestHandler, type RequestHandlerOptions } from '../../src/endpoint/request-handler.ts'
import { ResponseBudget } from '../../src/endpoint/response-budget.ts'
import { endpointLimits } from '../../src/limits/endpoint.ts'
import {
  type Answer,
  ask,
  names,
  pageOf,
  quick,
  unlocked,
  wholeOf,
} from '../support/endpoint/endpoint.ts'
import { eventually } from '../support/programs/app.ts'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

interface Handled {
  readonly port: number
  readonly handler: RequestHandler
  readonly budget: ResponseBudget
  readonly connections: Connections
  readonly scrapes: number[]
  /** Requests and responses that the server passed to the handler. */
  readonly exchanges: { readonly request: IncomingMessage; readonly response: ServerResponse }[]
}

interface Changed extends Partial<RequestHandlerOptions> {
  readonly access?: Access
  readonly page?: string
  readonly limit?: number
}

async function serveWith({ access = unlocked, page = 'page', limit = 10, ...rest }: Changed = {}) {
  const server = createServer()
  const auth = new EndpointAuth(server, {
    names,
    tls: undefined,
    access,
    limits: quick,
    onFiles: () => assert.fail(),
    onCertificate: () => assert.fail(),
  })
  auth.open()
  const [scrapes, exchanges]: [number[], Handled['exchanges'][number][]] = [[], []]
  const budget = new ResponseBudget({ copies: false, limits: endpointLimits })
  const connections = new Connections(limit, () => {})
  const handler = new RequestHandler({
    auth,
    content: {
      pages: new PageCache({ render: () => pageOf(page), maxAgeMs: 0 }),
      status: () => '{}',
      readiness: () => ({ isReady: true, text: 'Ready.' }),
    },
    connections,
    budget,
    responseMs: endpointLimits.endpointResponseMs,
    onScrape: (status) => scrapes.push(status),
    onDelivered: () => {},
    ...rest,
  })
  server.on('connection', (socket) => connections.add(socket))
  server.on('request', (request, response) => {
    exchanges.push({ request, response })
    handler.handle(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => {
    auth.close()
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { port, handler, budget, connections, scrapes, exchanges } satisfies Handled
}

function open(port: number): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  stops.push(() => socket.destroy())
  return socket
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
/** Larger than the buffers of a socket. */
const large = 'x 1\n'.repeat(2_500_000)

describe('RequestHandler', () => {
  type Row = readonly [method: string, path: string, status: number, scrapes: readonly number[]]
  const rows: readonly Row[] = [
    ['GET', '/metrics', 200, [200]],
    ['HEAD', '/metrics', 200, [200]],
    ['GET', '/metrics?', 200, [200]],
    ['GET', '/metrics?name[]=none?', 200, [200]],
    ['POST', '/metrics', 405, []],
    ['GET', '/status', 200, []],
    ['POST', '/status', 405, []],
    ['GET', '/healthz?x', 200, []],
    ['POST', '/healthz', 405, []],
    ['GET', '/', 404, []],
    ['POST', '/', 404, []],
    ['GET', '/metrics/', 404, []],
  ]
  for (const [method, path, status, scrapes] of rows) {
    test(`responds to ${method} ${path} with ${status}`, async () => {
      const handled = await serveWith()
      const response = await ask(handled.port, { method, path })
      assert.equal(response.status, status)
      assert.deepEqual(handled.scrapes, scrapes)
      assert.equal(response.headers['cache-control'], 'no-store')
      assert.equal(response.headers.connection, 'close')
    })
  }

  const locked: Access = { ...unlocked, bearer: { kind: 'value', text: 'token' } }
  for (const [method, path, scrapes] of [
    ['GET', '/metrics', [401]],
    ['POST', '/metrics', []],
    ['GET', '/none', []],
    ['GET', '/healthz', []],
  ] as const) {
    test(`responds to ${method} ${path} without a token with 401`, async () => {
      const handled = await serveWith({ access: locked })
      assert.equal((await ask(handled.port, { method, path })).status, 401)
      assert.deepEqual(handled.scrapes, scrapes)
    })
  }

  test('responds to probes without a token when probes are open', async () => {
    const { port } = await serveWith({ access: { ...locked, probesOpen: true } })
    const statuses: unknown[] = []
    for (const path of ['/healthz', '/readyz', '/none', '/status']) {
      statuses.push((await ask(port, { path })).status)
    }
    assert.deepEqual(statuses, [200, 200, 401, 401])
  })

  test('sends the length of the body, and no body for HEAD', async () => {
    const { port } = await serveWith({ page: 'größe 1\n' })
    const [full, head]: Answer[] = [await ask(port), await ask(port, { method: 'HEAD' })]
    assert.deepEqual([full?.text, full?.headers['content-length']], ['größe 1\n', '10'])
    assert.deepEqual([head?.text, head?.headers['content-length']], ['', '10'])
  })

  test('reserves a page until the client has the body', async () => {
    const { port, budget } = await serveWith({ page: large })
    const socket = open(port)
    socket.write(get('/metrics'))
    await once(socket, 'readable')
    assert.equal(budget.bytes, large.length)
    socket.resume()
    await eventually(() => assert.equal(budget.bytes, 0))
    assert.equal(socket.destroyed, false)
  })

  test('frees the reservation of a client that closes', async () => {
    const { port, budget, exchanges } = await serveWith({ page: large })
    const socket = open(port)
    socket.write(get('/metrics'))
    await once(socket, 'readable')
    socket.destroy()
    await eventually(() => assert.equal(budget.bytes, 0))
    assert.equal(exchanges[0]?.response.closed, true)
  })

  test('leaves no listeners on a connection after its responses', async () => {
    const { port, exchanges } = await serveWith()
    const socket = open(port)
    const counts: number[] = []
    for (let count = 1; count <= 3; count += 1) {
      socket.write(get('/metrics'))
      await once(socket, 'data')
      await eventually(() => assert.ok(exchanges[count - 1]?.response.closed))
      counts.push(exchanges[0]?.request.socket.listenerCount('close') ?? -1)
    }
    assert.deepEqual(counts.slice(1), counts.slice(0, -1))
  })

  test('refuses a page beyond the budget, and still responds to probes and HEAD', async () => {
    const limits = { ...endpointLimits, unsentPageBytes: 1, unsentPages: 0 }
    const budget = new ResponseBudget({ copies: false, limits })
    const { port, scrapes } = await serveWith({ budget })
    assert.equal((await ask(port)).status, 503)
    assert.equal((await ask(port, { path: '/status' })).status, 503)
    assert.equal((await ask(port, { method: 'HEAD' })).status, 200)
    assert.equal((await ask(port, { path: '/healthz' })).status, 200)
    assert.deepEqual(scrapes, [503, 200])
  })

  test('sends one page at a time on a connection, and another page afterwards', async () => {
    const { port, scrapes, exchanges } = await serveWith({ page: large })
    const socket = open(port)
    socket.write(get('/metrics') + get('/status') + get('/healthz'))
    await eventually(() => assert.equal(exchanges.length, 3))
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    await eventually(() => assert.ok(text.endsWith('ok\n')))
    const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status)
    assert.deepEqual(statuses, ['200', '503', '200'])
    assert.match(text, /This connection has another page under way/)
    socket.write(get('/metrics'))
    await eventually(() => assert.deepEqual(scrapes, [200, 200]))
  })

  test('sends no response and counts no scrape for a client that closed', async () => {
    const { port, scrapes, exchanges } = await serveWith({
      content: {
        pages: new PageCache({
          render() {
            exchanges[0]?.request.socket.destroy()
            return pageOf('page')
          },
          maxAgeMs: 0,
        }),
        status: () => '{}',
        readiness: () => ({ isReady: true, text: '' }),
      },
    })
    const socket = open(port)
    socket.write(get('/metrics'))
    await once(socket.resume(), 'close')
    assert.deepEqual(scrapes, [])
    assert.equal(exchanges[0]?.response.headersSent, false)
  })

  test('ends a connection after endpointLimits.endpointResponseMs without a reader', async () => {
    const responseMs = endpointLimits.endpointResponseMs / 200
    const { port, exchanges } = await serveWith({ page: large, responseMs })
    const socket = open(port)
    socket.pause()
    socket.write(get('/metrics'))
    await eventually(() => assert.equal(exchanges[0]?.request.socket.destroyed, true))
  })

  test('keeps a connection open whose response ended in time', async () => {
    const responseMs = endpointLimits.endpointResponseMs / 600
    const { port } = await serveWith({ responseMs })
    const socket = open(port)
    socket.write(get('/metrics'))
    await once(socket, 'data')
    await new Promise((resolve) => setTimeout(resolve, 3 * responseMs))
    socket.write(get('/healthz'))
    const [chunk] = await once(socket, 'data')
    assert.match(String(chunk), /^HTTP\/1\.1 200 /)
  })

  test('replaces no connection with a page under way, and replaces one with errors', async () => {
    const { port, exchanges } = await serveWith({ page: large, limit: 2 })
    const [busy, refused] = [open(port), open(port)]
    busy.pause()
    busy.write(get('/metrics'))
    refused.write(get('/none') + get('/healthz'))
    await eventually(() => assert.equal(exchanges.length, 3))
    const closed = once(refused.resume(), 'close')
    open(port)
    await closed
    assert.equal(
      exchanges.find(({ request }) => request.url === '/metrics')?.request.socket.destroyed,
      false,
    )
  })

  test('reads and drops the body of a request', async () => {
    const { port, exchanges } = await serveWith()
    await ask(port, { method: 'POST', headers: { 'content-length': 0 } })
    assert.equal(exchanges[0]?.request.readableFlowing, true)
  })

  test('destroys the response when its checks throw', async () => {
    const auth = {
      refusal: (): never => {
        throw new Error('no keys')
      },
      forwardedRefusal: () => undefined,
      isOutdated: () => false,
    }
    const { port } = await serveWith({ auth })
    await assert.rejects(ask(port))
  })

  test('destroys the response when its headers are invalid', async () => {
    const { port } = await serveWith({
      auth: {
        refusal: () => ({ status: 400, headers: { 'a b': 'c' }, body: '' }),
        forwardedRefusal: () => undefined,
        isOutdated: () => false,
      },
    })
    await assert.rejects(ask(port))
  })

  test('closes an outdated connection after its response, and keeps others', async () => {
    for (const isOutdated of [true, false]) {
      const auth = {
        refusal: () => undefined,
        forwardedRefusal: () => undefined,
        isOutdated: () => isOutdated,
      }
      const { port } = await serveWith({ auth })
      const socket = open(port)
      socket.write(get('/metrics'))
      const [chunk] = await once(socket, 'data')
      assert.equal(/^connection: close/im.test(String(chunk)), isOutdated)
    }
  })
})

describe('RequestHandler for another server', () => {
  const request: PageRequest = {
    method: 'GET',
    accept: undefined,
    acceptEncoding: undefined,
    query: '',
    authorization: undefined,
    isCertified: false,
  }

  test('responds with the page, reserves its bytes and counts a scrape', async () => {
    const { handler, budget, scrapes } = await serveWith()
    const { status, body, headers, release } = await handler.respond(request)
    assert.deepEqual([status, String(wholeOf(body))], [200, 'page'])
    assert.equal(headers['Cache-Control'], 'no-store')
    assert.deepEqual([budget.bytes, scrapes], [4, [200]])
    release?.()
    assert.equal(budget.bytes, 0)
  })

  test('passes the format and the query', async () => {
    const { handler } = await serveWith()
    const accept = 'application/openmetrics-text'
    const { headers, body } = await handler.respond({
      ...request,
      accept,
      acceptEncoding: 'gzip',
      query: 'name[]=none',
    })
    assert.match(String(headers['Content-Type']), /^application\/openmetrics-text/)
    assert.equal(headers['Content-Encoding'], 'gzip')
    assert.equal(gunzipSync(wholeOf(body)).toString(), 'page')
  })

  test('reserves nothing for HEAD', async () => {
    const { handler, budget } = await serveWith()
    const { status, release } = await handler.respond({ ...request, method: 'HEAD' })
    assert.deepEqual([status, release, budget.bytes], [200, undefined, 0])
  })

  test('refuses a request without a token, and counts a scrape', async () => {
    const access: Access = { ...unlocked, bearer: { kind: 'value', text: 'token' } }
    const { handler, scrapes, budget } = await serveWith({ access })
    const { status, headers, release } = await handler.respond(request)
    assert.deepEqual([status, headers['Cache-Control'], release], [401, 'no-store', undefined])
    assert.deepEqual([scrapes, budget.bytes], [[401], 0])
    const authorization = 'Bearer token'
    assert.equal((await handler.respond({ ...request, authorization })).status, 200)
  })

  test('refuses a page beyond the budget', async () => {
    const limits = { ...endpointLimits, unsentPageBytes: 1, unsentPages: 0 }
    const { handler, scrapes } = await serveWith({
      budget: new ResponseBudget({ copies: false, limits }),
    })
    assert.equal((await handler.respond(request)).status, 503)
    assert.deepEqual(scrapes, [503])
  })
})
