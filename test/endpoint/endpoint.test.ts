import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { Agent, type RequestOptions } from 'node:http'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Endpoint } from '../../src/endpoint/endpoint.ts'
import type { PageRequest } from '../../src/endpoint/page-request.ts'
import type { Readiness } from '../../src/endpoint/routes.ts'
import type { Page } from '../../src/exposition/page.ts'
import { endpointLimits } from '../../src/limits/endpoint.ts'
import { expositionLimits } from '../../src/limits/exposition.ts'
import type { Metric } from '../../src/model/metric.ts'
import { ownScope } from '../../src/model/own-scope.ts'
import type { InParts } from '../../src/model/page/in-parts.ts'
import { authorities, scratchDirectory } from '../support/endpoint/certificates.ts'
import {
  ask,
  open,
  page,
  pageOf,
  quick,
  rendering,
  serve,
  start,
  status,
  unlocked,
  wholeOf,
} from '../support/endpoint/endpoint.ts'
import { renderText } from '../support/exposition/render-text.ts'
import { eventually } from '../support/programs/app.ts'

describe('An endpoint', () => {
  type Row = readonly [
    title: string,
    request: RequestOptions,
    status: number,
    headers: Record<string, string | undefined>,
  ]
  const length = String(Buffer.byteLength(page))
  const prometheus = 'text/plain; version=0.0.4; charset=utf-8'
  const openmetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8'
  const refused = 'text/plain; charset=utf-8'
  const accept = 'application/openmetrics-text;version=1.0.0'
  const rows: readonly Row[] = [
    ['GET', {}, 200, { 'content-type': prometheus, 'content-length': length }],
    ['GET with a query', { path: '/metrics?x=/other' }, 200, { 'content-type': prometheus }],
    ['GET without caches', {}, 200, { 'cache-control': 'no-store' }],
    ['GET of OpenMetrics', { headers: { accept } }, 200, { 'content-type': openmetrics }],
    ['HEAD', { method: 'HEAD' }, 200, { 'content-type': prometheus, 'content-length': length }],
    ['GET with a body', { headers: { 'content-length': '0' } }, 200, {}],
    [
      'GET without gzip',
      {},
      200,
      { vary: 'Accept, Accept-Encoding', 'content-encoding': undefined },
    ],
    [
      'GET of gzip',
      { headers: { 'accept-encoding': 'gzip' } },
      200,
      { 'content-encoding': 'gzip', 'content-type': prometheus },
    ],
    ['another path', { path: '/' }, 404, { 'content-type': refused, 'cache-control': 'no-store' }],
    ['a longer path', { path: '/metrics/' }, 404, {}],
    ['a path in upper case', { path: '/Metrics' }, 404, {}],
    ['an escaped path', { path: '/%6detrics' }, 404, {}],
    ['HEAD of another path', { method: 'HEAD', path: '/x' }, 404, {}],
    ['POST to another path', { method: 'POST', path: '/x' }, 404, { allow: undefined }],
    ['POST', { method: 'POST' }, 405, { allow: 'GET, HEAD', 'content-type': refused }],
    ['PUT', { method: 'PUT' }, 405, { allow: 'GET, HEAD' }],
    ['DELETE', { method: 'DELETE' }, 405, { allow: 'GET, HEAD' }],
    ['OPTIONS', { method: 'OPTIONS' }, 405, { allow: 'GET, HEAD' }],
    ['PROPFIND', { method: 'PROPFIND' }, 405, { allow: 'GET, HEAD' }],
    ['a path below the status', { path: '/status/' }, 404, {}],
  ]
  for (const [title, options, status, headers] of rows) {
    test(`responds to ${title} with ${status}`, async () => {
      const { port, scrapes } = await serve()
      const response = await ask(port, options)
      assert.equal(response.status, status)
      for (const [name, value] of Object.entries(headers))
        assert.equal(response.headers[name], value)
      const isEmpty = options.method === 'HEAD'
      assert.equal(response.text === '', isEmpty)
      if (status === 200 && !isEmpty) assert.equal(response.text, page)
      assert.deepEqual(scrapes, status === 200 ? [200] : [])
    })
  }

  test('renders the page in the negotiated format', async () => {
    const { port } = await serve({ page: (format) => pageOf(format) })
    assert.equal((await ask(port, {})).text, 'prometheus')
    const headers = { accept: 'application/openmetrics-text' }
    assert.equal((await ask(port, { headers })).text, 'openmetrics')
  })

  test('responds to an upgrade with the page', async () => {
    const { port } = await serve()
    const headers = { connection: 'upgrade', upgrade: 'websocket' }
    assert.equal((await ask(port, { headers })).status, 200)
  })
})

describe('The status of an endpoint', () => {
  const json = 'application/json; charset=utf-8'
  const length = String(Buffer.byteLength(status))
  type Row = readonly [
    title: string,
    request: RequestOptions,
    status: number,
    headers: Record<string, string | undefined>,
  ]
  const rows: readonly Row[] = [
    ['GET', {}, 200, { 'content-type': json, 'content-length': length, vary: undefined }],
    ['GET with a query', { path: '/status?deaths=1' }, 200, { 'content-type': json }],
    ['GET of gzip', { headers: { 'accept-encoding': 'gzip' } }, 200, { 'content-type': json }],
    ['HEAD', { method: 'HEAD' }, 200, { 'content-type': json, 'content-length': length }],
    ['POST', { method: 'POST' }, 405, { allow: 'GET, HEAD' }],
    ['PUT', { method: 'PUT' }, 405, { allow: 'GET, HEAD' }],
    ['DELETE', { method: 'DELETE' }, 405, { allow: 'GET, HEAD' }],
  ]
  for (const [title, options, expected, headers] of rows) {
    test(`responds to ${title} with ${expected} and counts no scrape`, async () => {
      const { port, scrapes } = await serve()
      const response = await ask(port, { path: '/status', ...options })
      assert.equal(response.status, expected)
      for (const [name, value] of Object.entries(headers))
        assert.equal(response.headers[name], value)
      if (expected === 200) {
        assert.equal(response.headers['cache-control'], 'no-store')
        assert.equal(response.text, options.method === 'HEAD' ? '' : status)
      }
      assert.deepEqual(scrapes, [])
    })
  }

  test('has status 503 with the reason when it fails, and the page still works', async () => {
    let fails = true
    const { port } = await serve({
      status() {
        if (fails) throw new RangeError('too large')
        return status
      },
    })
    const failed = await ask(port, { path: '/status' })
    assert.equal(failed.status, 503)
    assert.equal(failed.text, 'The exporter cannot show the status: too large\n')
    assert.equal(failed.headers['cache-control'], 'no-store')
    assert.equal((await ask(port, { path: '/status', method: 'HEAD' })).status, 503)
    assert.equal((await ask(port, {})).text, page)
    fails = false
    assert.equal((await ask(port, { path: '/status' })).text, status)
  })

  test('is named in the response to an unknown path', async () => {
    const { port } = await serve()
    const { text } = await ask(port, { path: '/' })
    assert.match(text, /\/metrics.*\/status/)
  })
})

describe('A probe of an endpoint', () => {
  const rows: readonly (readonly [string, Readiness | Error, status: number, text: string])[] = [
    ['ready', { isReady: true, text: 'Listening: 2 of 4 workers.' }, 200, 'Listening: 2 of 4'],
    ['not ready', { isReady: false, text: 'No worker listens: 0 of 4 workers.' }, 503, 'No worker'],
    ['unknown', new Error('no workers'), 503, 'The exporter cannot show the readiness: no workers'],
  ]
  for (const [title, readiness, expected, text] of rows) {
    test(`responds with ${expected} for readiness ${title}, and /healthz with 200`, async () => {
      const { port, scrapes } = await serve({
        readiness() {
          if (readiness instanceof Error) throw readiness
          return readiness
        },
      })
      for (const method of ['GET', 'HEAD']) {
        const ready = await ask(port, { path: '/readyz', method })
        assert.equal(ready.status, expected)
        assert.equal(ready.text.startsWith(text), method === 'GET')
        assert.equal(ready.headers['cache-control'], 'no-store')
        const healthy = await ask(port, { path: '/healthz?full=1', method })
        assert.equal(healthy.status, 200)
        assert.equal(healthy.text, method === 'GET' ? 'ok\n' : '')
      }
      const post = await ask(port, { path: '/readyz', method: 'POST' })
      assert.deepEqual([post.status, post.headers.allow], [405, 'GET, HEAD'])
      assert.equal((await ask(port, { path: '/healthz/' })).status, 404)
      assert.deepEqual(scrapes, [])
    })
  }

  test('responds while its connection has a page under way', async () => {
    const { port } = await serve({ page: () => pageOf('x 1\n'.repeat(2_500_000)) })
    const socket = await open(port)
    socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
    let tail = ''
    socket.on('data', (data) => {
      tail = (tail + data).slice(-10)
    })
    await eventually(() => assert.ok(tail.endsWith('\r\n\r\nok\n')))
    socket.destroy()
  })
})

describe('A page that cannot be rendered', () => {
  const errors: Record<string, readonly [thrown: unknown, message: string]> = {
    'an error': [new RangeError('too large'), 'too large'],
    'a text': ['no reason', 'no reason'],
    'throw undefined': [undefined, 'undefined'],
  }
  for (const [title, [thrown, message]] of Object.entries(errors)) {
    test(`has status 503 with the reason after ${title}`, async () => {
      let fails = true
      const { port, scrapes } = await serve({
        page() {
          if (fails) throw thrown
          return pageOf(page)
        },
      })
      const headers = { 'accept-encoding': 'gzip' }
      const response = await ask(port, { headers })
      assert.equal(response.status, 503)
      assert.equal(response.headers['content-encoding'], undefined)
      assert.equal(response.headers['content-type'], 'text/plain; charset=utf-8')
      assert.equal(response.text, `The exporter cannot show the metrics: ${message}\n`)
      assert.equal((await ask(port, { method: 'HEAD' })).status, 503)
      fails = false
      assert.equal((await ask(port, { headers })).status, 200)
      assert.deepEqual(scrapes, [503, 503, 200])
    })
  }
})

describe('An endpoint keeps serving after', () => {
  const texts: Record<string, string> = {
    'a text that is not HTTP': 'hello\r\n\r\n',
    'TLS on a plain port': '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001',
    'an unknown version': 'GET /metrics HTTP/9.9\r\n\r\n',
    'no host': 'GET /metrics HTTP/1.1\r\n\r\n',
    'a target that is not a path': 'GET metrics HTTP/1.1\r\nHost: a\r\n\r\n',
    'an invalid absolute target': 'GET http://[:::1]/metrics HTTP/1.1\r\nHost: a\r\n\r\n',
    'a percent sign': 'GET /%E0%A4%A HTTP/1.1\r\nHost: a\r\n\r\n',
    'a header without a name': 'GET /metrics HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n',
    'two lengths':
      'GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    'an invalid chunk': 'POST /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz',
    CONNECT: 'CONNECT example.org:443 HTTP/1.1\r\nHost: a\r\n\r\n',
    'too large a header': `GET /metrics HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
    'too long a target': `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    'half a request': 'GET /metrics HTTP/1.1\r\nHost',
    'half a body': 'POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx',
    'an empty request': '',
  }
  for (const [title, text] of Object.entries(texts)) {
    test(`${title} on an open and on a closed connection`, async () => {
      const { port } = await serve()
      const [kept, hungUp] = [await open(port), await open(port)]
      kept.write(text)
      hungUp.end(text)
      hungUp.destroy()
      assert.equal((await ask(port, {})).text, page)
      kept.destroy()
      assert.equal((await ask(port, {})).text, page)
    })
  }

  test('a header beyond endpointLimits.endpointHeaderBytes, with status 431', async () => {
    const { port, scrapes } = await serve()
    const headers = { x: 'x'.repeat(endpointLimits.endpointHeaderBytes) }
    assert.equal((await ask(port, { headers })).status, 431)
    assert.deepEqual(scrapes, [])
  })

  test('many requests for the page from clients that close', async () => {
    const { port, scrapes } = await serve()
    const sockets = await Promise.all(Array.from({ length: 50 }, () => open(port)))
    for (const socket of sockets) {
      socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n')
      socket.resetAndDestroy()
    }
    assert.equal((await ask(port, {})).text, page)
    assert.ok(scrapes.every((status) => status === 200))
  })

  test('a request with an endless body, without memory for the body', async () => {
    const { port } = await serve()
    const socket = await open(port)
    socket.write('POST /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
    const before = process.memoryUsage().arrayBuffers
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    // 200 MB. V8 collects buffers without a use after 64 MB at the latest.
    for (let count = 0; count < 3_000 && !socket.destroyed; count += 1) {
      if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), once(socket, 'close')])
    }
    assert.ok(process.memoryUsage().arrayBuffers - before < 130_000_000)
    assert.equal((await ask(port, {})).text, page)
  })
})

describe('A selection by name', () => {
  const metric = (name: string, value: number): Metric => ({
    descriptor: { name, kind: 'gauge', unit: '', description: 'Help.', scope: ownScope },
    points: [{ attributes: {}, value }],
  })
  const two = [metric('größe', 1), metric('depth', 2)]
  const selected = '# HELP depth Help.\n# TYPE depth gauge\ndepth 2\n'
  const accept = 'application/openmetrics-text;version=1.0.0'
  const rows: readonly (readonly [title: string, query: string, RequestOptions, text: string])[] = [
    ['plain', 'name[]=depth', {}, selected],
    ['escaped', 'name%5B%5D=depth&name[]=unknown', {}, selected],
    ['as gzip', 'name[]=depth', { headers: { 'accept-encoding': 'gzip' } }, selected],
    ['as OpenMetrics', 'name[]=depth', { headers: { accept } }, `${selected}# EOF\n`],
    ['of an unknown name', 'name[]=unknown', {}, ''],
    ['of an unknown name as OpenMetrics', 'name[]=unknown', { headers: { accept } }, '# EOF\n'],
  ]
  for (const [title, query, options, text] of rows) {
    test(`${title} is cut from the shared page`, async () => {
      let pages = 0
      const { port, scrapes } = await serve({
        pageMaxAgeMs: 60_000,
        page(format) {
          pages += 1
          return rendering(renderText(two, format))
        },
      })
      const asked = [{}, { path: `/metrics?${query}` }, {}, { path: `/metrics?${query}` }]
      const responses = await Promise.all(asked.map((each) => ask(port, { ...options, ...each })))
      const gzip = options.headers && 'accept-encoding' in options.headers ? 'gzip' : undefined
      for (const response of responses) assert.equal(response.headers['content-encoding'], gzip)
      assert.deepEqual([responses[1]?.text, responses[3]?.text], [text, text])
      assert.match(responses[0]?.text ?? '', /^gr_e 1$/m)
      assert.equal(pages, 1)
      assert.deepEqual(scrapes, [200, 200, 200, 200])
    })
  }

  test('has its length in the response to HEAD', async () => {
    const { port } = await serve({ page: (format) => rendering(renderText(two, format)) })
    const head = await ask(port, { path: '/metrics?name[]=depth', method: 'HEAD' })
    assert.equal(head.headers['content-length'], String(selected.length))
  })

  test('of more than expositionLimits.pageNames has status 400', async () => {
    const { port, scrapes } = await serve()
    const names = Array.from({ length: expositionLimits.pageNames + 1 }, () => 'name[]=x').join('&')
    const { status, text } = await ask(port, { path: `/metrics?${names}` })
    assert.deepEqual([status, text], [400, 'A request can select at most 100 names with name[].\n'])
    assert.deepEqual(scrapes, [400])
  })
})

describe('Many scrapes', () => {
  test('within the age of a page share that page', async () => {
    let pages = 0
    const { port, scrapes } = await serve({
      pageMaxAgeMs: 60_000,
      page(format) {
        pages += 1
        return pageOf(`${format} ${pages}`)
      },
    })
    const responses = await Promise.all(Array.from({ length: 50 }, () => ask(port)))
    for (let count = 0; count < 50; count += 1) responses.push(await ask(port))
    assert.deepEqual([...new Set(responses.map(({ text }) => text))], ['prometheus 1'])
    assert.equal(scrapes.length, 100)
  })

  test('at once all get the page', async () => {
    const { port, scrapes } = await serve()
    const asked = Array.from({ length: 90 }, (_, index) => {
      const headers = { 'accept-encoding': index % 2 === 0 ? 'gzip' : 'identity' }
      return ask(port, { headers })
    })
    for (const { status, text } of await Promise.all(asked)) {
      assert.equal(status, 200)
      assert.equal(text, page)
    }
    assert.equal(scrapes.length, 90)
  })

  test('on one connection all get the page', async () => {
    const { port } = await serve()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let count = 0; count < 50; count += 1) {
      assert.equal((await ask(port, { agent })).text, page)
    }
    agent.destroy()
  })

  test('in a pipeline render one page and use little memory', async () => {
    let pages = 0
    const large = 'x 1\n'.repeat(250_000)
    const { port, scrapes } = await serve({
      page: () => {
        pages += 1
        return pageOf(large)
      },
    })
    const socket = await open(port)
    const before = process.memoryUsage().arrayBuffers
    socket.pause()
    socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(500))
    await eventually(() => assert.ok(scrapes.includes(200)))
    assert.equal(pages, 1)
    assert.deepEqual([...new Set(scrapes)].sort(), [200, 503])
    assert.ok(process.memoryUsage().arrayBuffers - before < 10 * large.length)
    assert.equal((await ask(port, {})).text, large)
    socket.destroy()
  })

  test('without a reader end after endpointLimits.endpointResponseMs', async () => {
    const endpointResponseMs = endpointLimits.endpointResponseMs / 100
    const page = (): InParts<Page> => pageOf('x 1\n'.repeat(2_500_000))
    const { port } = await serve({ page, limits: { ...quick, endpointResponseMs } })
    const socket = await open(port)
    socket.pause()
    socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n')
    // A client that does not read notices the end only when it writes.
    await eventually(() => {
      socket.write('\r\n')
      assert.ok(socket.destroyed)
    })
  })
})

describe('serveEndpoint', () => {
  const request: PageRequest = {
    method: 'GET',
    accept: undefined,
    acceptEncoding: undefined,
    query: '',
    authorization: undefined,
    isCertified: false,
  }
  const directory = scratchDirectory()

  test('reports its URL with http without certificates', async () => {
    const { url, port } = await serve()
    assert.equal(url, `http://127.0.0.1:${port}/metrics`)
  })

  test('passes the number of open connections to the status', async () => {
    const { port } = await serve({ status: (connections) => String(connections) })
    const other = await open(port)
    assert.equal((await ask(port, { path: '/status' })).text, '2')
    other.destroy()
  })

  test('replaces idle connections beyond its limit', async () => {
    const drops: string[] = []
    const onDropped = (reason: string): void => void drops.push(reason)
    const { port } = await serve({ maxConnections: 1, onDropped })
    const idle = (await open(port)).resume()
    const closed = once(idle, 'close')
    assert.equal((await ask(port)).status, 200)
    await closed
    assert.deepEqual(drops, ['evicted'])
  })

  const quickRequests = {
    ...quick,
    endpointRequestMs: endpointLimits.endpointRequestMs / 100,
    endpointRequestCheckMs: endpointLimits.endpointRequestCheckMs / 50,
  }

  test('closes half a request after endpointLimits.endpointRequestMs', async () => {
    const { port } = await serve({ limits: quickRequests })
    const socket = await open(port)
    socket.write('GET /metrics HTTP/1.1\r\n')
    const [chunk] = await once(socket, 'data')
    assert.match(String(chunk), /^HTTP\/1\.1 408 /)
  })

  test('closes an idle connection after endpointLimits.endpointRequestMs', async () => {
    const { port } = await serve({ limits: quickRequests })
    const socket = await open(port)
    socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
    await once(socket.resume(), 'close')
  })

  test('without an address responds to other servers only', async () => {
    const scrapes: number[] = []
    const { respond } = start({
      isBound: false,
      onBound: () => assert.fail('bound'),
      onScrape: (status) => scrapes.push(status),
    })
    const { status, body } = await respond(request)
    assert.deepEqual([status, String(wholeOf(body)), scrapes], [200, page, [200]])
  })

  test('without an address reports invalid files and refuses every request', async () => {
    const errors: Error[] = []
    const { respond } = start({
      isBound: false,
      access: { ...unlocked, bearer: { kind: 'file', path: '/none' } },
      onBindFailed: (error) => errors.push(error),
    })
    const [error] = errors
    assert.match(error?.message ?? '', /^the files of PASSWORD_FILE cannot be used: ENOENT/)
    assert.equal((await respond(request)).status, 401)
  })

  test('frees its cached page when it closes', async () => {
    let renders = 0
    const endpoint = start({
      isBound: false,
      pageMaxAgeMs: 60_000,
      page() {
        renders += 1
        return pageOf(String(renders))
      },
    })
    const body = async (): Promise<string> =>
      String(wholeOf((await endpoint.respond(request)).body))
    assert.deepEqual([await body(), await body()], ['1', '1'])
    endpoint.close()
    assert.equal(await body(), '2')
  })

  test('reads its files no more when it closes', async () => {
    const path = join(directory, 'token')
    writeFileSync(path, 'token')
    const files: string[] = []
    const endpoint = start({
      isBound: false,
      access: { ...unlocked, bearer: { kind: 'file', path } },
      onFiles: ({ kind }) => files.push(kind),
    })
    endpoint.close()
    rmSync(path)
    await sleep(5 * quick.filePollMs)
    assert.deepEqual(files, [])
  })

  test('tries no more to listen when it closes', async () => {
    const { port, close } = await serve()
    const failures: Error[] = []
    const second = start({
      address: { kind: 'tcp', host: '127.0.0.1', port },
      onBound: () => assert.fail('bound'),
      onBindFailed: (error) => failures.push(error),
    })
    await eventually(() => assert.ok(failures.length > 0))
    second.close()
    close()
    await sleep(2 * quick.bindRetryLastMs)
    await assert.rejects(ask(port), { code: 'ECONNREFUSED' })
  })

  test('closes its port and its connections when it closes', async () => {
    const { port, close } = await serve()
    const socket = (await open(port)).resume()
    const closed = once(socket, 'close')
    close()
    await closed
    await assert.rejects(ask(port), { code: 'ECONNREFUSED' })
  })

  test('serves HTTPS with certificates, and counts the page of each client', async (context) => {
    const authority = authorities(context, directory)?.('authority')
    if (!authority) return
    const { certfile, keyfile } = authority.issue('server')
    const none = { clientCafile: undefined, clientCapath: undefined, clientAuthRequired: false }
    const limits = { ...quick, unsentPageBytes: 1, unsentPages: 1 }
    let respond: Endpoint['respond'] | undefined
    const url = await new Promise<string>((resolve) => {
      const tls = { certfile, keyfile, ...none }
      respond = start({ tls, limits, pageMaxAgeMs: 60_000, onBound: resolve }).respond
    })
    assert.match(url, /^https:/)
    const port = Number(new URL(url).port)
    assert.equal((await ask(port, { ca: authority.cert, path: '/healthz' })).status, 200)
    // The first page uses the whole budget. Over TLS, the second client needs a copy.
    assert.equal((await respond?.(request))?.status, 200)
    assert.equal((await respond?.(request))?.status, 503)
  })
})
