import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { type App, eventually, startApp } from '../../support/programs/app.ts'
import { type Sample, select, sum } from '../../support/prometheus/page.ts'

interface Ports {
  readonly http: number
  readonly https: number
  readonly core: number
  readonly compat: number
  readonly handled: number
}

interface Figures {
  readonly requests: number
  readonly requestBytes: number
  readonly responseBytes: number
  readonly failed: readonly string[]
  readonly handled: readonly string[]
  readonly inFlight: number
}

/** What the page says, once it has counted as many requests and errors as expected. */
async function figures(
  app: App,
  expected: { requests: number; handled?: number },
): Promise<Figures> {
  return await eventually(async () => {
    const page = await app.page()
    const read = {
      requests: sum(page, 'gunicorn_worker_requests_total'),
      requestBytes: sum(page, 'gunicorn_worker_request_size_bytes_sum'),
      responseBytes: sum(page, 'gunicorn_worker_response_size_bytes_sum'),
      failed: describeAll(select(page, 'gunicorn_worker_failed_requests_total')),
      handled: describeAll(select(page, 'gunicorn_worker_error_handling_total')),
      inFlight: sum(page, 'gunicorn_worker_requests_in_flight'),
    }
    assert.equal(read.requests, expected.requests)
    assert.equal(read.handled.length, expected.handled ?? 0)
    for (const histogram of [
      'request_duration_seconds',
      'request_size_bytes',
      'response_size_bytes',
    ]) {
      assert.equal(sum(page, `gunicorn_worker_${histogram}_count`), expected.requests)
    }
    return read
  })
}

function describeAll(samples: readonly Sample[]): string[] {
  return samples.map(({ labels, value }) => {
    const { method, endpoint, error_type: error, status_code: status } = labels
    return [method, endpoint, error, status, value].filter((part) => part !== undefined).join(' ')
  })
}

async function withApp(act: (app: App, ports: Ports) => Promise<void>): Promise<void> {
  const app = await startApp({ file: 'apps/single/protocols.cjs' })
  try {
    await app.ready()
    await act(app, JSON.parse(/^ports (.*)$/m.exec(app.stdout())?.[1] ?? '{}'))
  } finally {
    await app.stop()
  }
}

/** Sends bytes and reads until the answer holds `until` or the connection ends. */
async function raw(port: number, bytes: string, until?: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(bytes)
  const answer = await read(socket, until)
  socket.destroy()
  return answer
}

async function read(socket: Socket, until?: string): Promise<string> {
  let answer = ''
  for await (const data of socket) {
    answer += String(data)
    if (until !== undefined && answer.includes(until)) break
  }
  return answer
}

const head = (method: string, path: string, headers: readonly string[] = []): string =>
  [`${method} ${path} HTTP/1.1`, 'Host: test', ...headers, '', ''].join('\r\n')

test('Bodies of fixed, streamed, and chunked responses are counted', async () => {
  await withApp(async (app, { http }) => {
    await raw(http, head('GET', '/fixed?bytes=1000', ['Connection: close']))
    assert.equal((await figures(app, { requests: 1 })).responseBytes, 1_000)
    await raw(http, head('GET', '/length?bytes=3001', ['Connection: close']))
    assert.equal((await figures(app, { requests: 2 })).responseBytes, 4_001)
    await raw(http, head('GET', '/chunked?bytes=16', ['Connection: close']))
    assert.equal((await figures(app, { requests: 3 })).responseBytes, 4_001 + 16)
    await raw(http, head('HEAD', '/fixed?bytes=1000', ['Connection: close']))
    assert.equal((await figures(app, { requests: 4 })).responseBytes, 4_017)
    await raw(http, head('GET', '/coded?bytes=83', ['Connection: close']))
    assert.equal((await figures(app, { requests: 5 })).responseBytes, 4_100)
  })
})

test('Trailers of requests and responses do not count as a body', async () => {
  await withApp(async (app, { http, core }) => {
    const close = 'Connection: close'
    await raw(http, head('GET', '/trailer?bytes=4', [close]))
    assert.equal((await figures(app, { requests: 1 })).responseBytes, 4)
    const trailer = `X-Sum: ${'y'.repeat(1_000)}\r\n`
    const chunked = head('POST', '/ignore', ['Transfer-Encoding: chunked', 'Trailer: X-Sum', close])
    await raw(http, `${chunked}4\r\nbody\r\n0\r\n${trailer}\r\n`)
    const { requestBytes, responseBytes } = await figures(app, { requests: 2 })
    assert.deepEqual([requestBytes, responseBytes], [4, 8])
    const session = connectHttp2(`http://127.0.0.1:${core}`)
    await http2Request(session, { ':path': '/trailer?bytes=4' })
    assert.equal((await figures(app, { requests: 3 })).responseBytes, 12)
    session.close()
  })
})

test('Responses without a body count no bytes, and further chunks add their framing', async () => {
  await withApp(async (app, { http }) => {
    const close = ['Connection: close']
    await raw(http, head('GET', '/code?code=204&bytes=9', close))
    await raw(http, head('GET', '/code?code=304&bytes=9', close))
    await raw(http, head('HEAD', '/chunked?bytes=9', close))
    assert.equal((await figures(app, { requests: 3 })).responseBytes, 0)
    // Framed: "10\r\n" + 16 + "\r\n" for each of three chunks.
    await raw(http, head('GET', '/chunks?bytes=16', close))
    assert.equal((await figures(app, { requests: 4 })).responseBytes, 3 * 16 + 2 * 6)
    await raw(http, head('GET', '/chunked?bytes=0', close))
    assert.equal((await figures(app, { requests: 5 })).responseBytes, 60)
  })
})

test('HTTP/1.0 responses that end with the connection are counted to the byte', async () => {
  await withApp(async (app, { http }) => {
    await raw(http, 'GET /chunked?bytes=500 HTTP/1.0\r\n\r\n')
    assert.equal((await figures(app, { requests: 1 })).responseBytes, 500)
  })
})

test('Request bodies are counted decoded, with a length or chunked', async () => {
  await withApp(async (app, { http }) => {
    const headers = ['Content-Length: 11', 'Connection: close']
    const announced = `${head('POST', '/echo', headers)}hello world`
    assert.match(await raw(http, announced), /hello world/)
    assert.equal((await figures(app, { requests: 1 })).requestBytes, 11)
    const chunks = '5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n'
    const chunked =
      head('POST', '/echo', ['Transfer-Encoding: chunked', 'Connection: close']) + chunks
    assert.match(await raw(http, chunked), /hello/)
    assert.equal((await figures(app, { requests: 2 })).requestBytes, 22)
    const ignored = `${head('POST', '/ignore', ['Content-Length: 4', 'Connection: close'])}four`
    await raw(http, ignored)
    assert.equal((await figures(app, { requests: 3 })).requestBytes, 26)
  })
})

test('An interim 100 response does not count as a body', async () => {
  await withApp(async (app, { http }) => {
    const socket = connect(http, '127.0.0.1')
    socket.write(head('POST', '/echo', ['Expect: 100-continue', 'Content-Length: 4']))
    await once(socket, 'data')
    socket.write('body')
    await once(socket, 'data')
    const first = await figures(app, { requests: 1 })
    assert.deepEqual([first.requestBytes, first.responseBytes], [4, 4])
    socket.write(head('GET', '/early?bytes=9', ['Connection: close']))
    await read(socket)
    assert.equal((await figures(app, { requests: 2 })).responseBytes, 4 + 9)
  })
})

test('Keep-alive requests and pipelined requests count each for itself', async () => {
  await withApp(async (app, { http }) => {
    const pipelined =
      head('GET', '/slow') +
      head('GET', '/fixed?bytes=100') +
      head('GET', '/chunked?bytes=16') +
      head('GET', '/missing') +
      head('GET', '/fixed?bytes=33', ['Connection: close'])
    const answer = await raw(http, pipelined)
    assert.equal(answer.split('HTTP/1.1 ').length - 1, 5)
    const { responseBytes, failed, inFlight } = await figures(app, { requests: 5 })
    assert.equal(responseBytes, 4 + 100 + 16 + 4 + 33)
    assert.deepEqual(failed, ['GET _UNMATCHED 404 404 1'])
    assert.equal(inFlight, 0)
  })
})

test('An aborted request counts once, as failed', async () => {
  await withApp(async (app, { http }) => {
    const early = connect(http, '127.0.0.1')
    early.write(head('GET', '/never'))
    await once(early, 'data')
    early.destroy()
    const upload = connect(http, '127.0.0.1')
    upload.write(`${head('POST', '/echo', ['Content-Length: 1000'])}first bytes`)
    await once(upload, 'data')
    upload.destroy()
    const { failed, requestBytes, inFlight } = await figures(app, { requests: 2 })
    assert.deepEqual([...failed].sort(), ['GET /never aborted 200 1', 'POST /echo aborted 200 1'])
    assert.equal(requestBytes, 'first bytes'.length)
    assert.equal(inFlight, 0)
  })
})

test('All pipelined requests of a lost connection count as aborted', async () => {
  await withApp(async (app, { http }) => {
    const socket = connect(http, '127.0.0.1')
    socket.write(head('GET', '/never') + head('GET', '/fixed') + head('GET', '/fixed'))
    await once(socket, 'data')
    socket.destroy()
    const { failed } = await figures(app, { requests: 3 })
    assert.deepEqual([...failed].sort(), ['GET /fixed aborted  2', 'GET /never aborted 200 1'])
  })
})

test('An upgrade does not count as a request', async () => {
  await withApp(async (app, { http }) => {
    const upgrade = head('GET', '/socket', ['Connection: Upgrade', 'Upgrade: raw'])
    assert.match(await raw(http, upgrade), /101 Switching/)
    await raw(http, head('GET', '/broken', ['Connection: Upgrade', 'Upgrade: raw'])).catch(() => {})
    await raw(http, head('GET', '/fixed', ['Connection: close']))
    const { inFlight, handled, failed } = await figures(app, { requests: 1 })
    assert.equal(inFlight, 0)
    // What becomes of an upgraded connection is the application's.
    assert.deepEqual([...handled, ...failed], [])
  })
})

test('Parse errors are counted as handled, with and without a clientError handler', async () => {
  await withApp(async (app, { http, handled }) => {
    assert.match(await raw(http, 'NONSENSE\r\n\r\n'), /400 Bad Request/)
    const first = await figures(app, { requests: 0, handled: 1 })
    assert.deepEqual(first.handled, ['_OTHER _OTHER HPE_INVALID_METHOD 1'])
    assert.match(await raw(handled, 'GET / HTTP/9.9\r\n\r\n'), /400 Bad Request/)
    const second = await figures(app, { requests: 0, handled: 2 })
    assert.match(second.handled[1] ?? '', /^_OTHER _OTHER HPE_INVALID_VERSION 1$/)
  })
})

test('HTTPS is counted like HTTP', async () => {
  await withApp(async (app, { https }) => {
    await getByTls(https, '/chunked?bytes=16')
    assert.equal((await figures(app, { requests: 1 })).responseBytes, 16)
    // Refused by TLS itself; it must not count.
    await raw(https, 'not tls at all\r\n\r\n').catch(() => {})
    assert.equal((await figures(app, { requests: 1 })).inFlight, 0)
  })
})

async function http2Request(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  body?: string,
): Promise<string> {
  const stream = session.request(headers)
  stream.end(body)
  let answer = ''
  for await (const data of stream) answer += String(data)
  return answer
}

test('HTTP/2 streams are requests, with the core and the compatibility API', async () => {
  await withApp(async (app, { core, compat }) => {
    const plain = connectHttp2(`http://127.0.0.1:${core}`)
    assert.equal((await http2Request(plain, { ':path': '/any?bytes=70' })).length, 70)
    assert.equal(
      await http2Request(plain, { ':path': '/echo', ':method': 'POST' }, 'six by'),
      'six by',
    )
    const file = await http2Request(plain, { ':path': '/file' })
    await http2Request(plain, { ':path': '/missing' })
    const seen = await figures(app, { requests: 4 })
    assert.equal(seen.requestBytes, 6)
    assert.equal(seen.responseBytes, 70 + 6 + file.length)
    assert.deepEqual(seen.failed, ['GET _UNMATCHED 404 404 1'])
    const secure = connectHttp2(`https://127.0.0.1:${compat}`, { rejectUnauthorized: false })
    assert.equal((await http2Request(secure, { ':path': '/fixed?bytes=50' })).length, 50)
    assert.equal(await http2Request(secure, { ':path': '/echo', ':method': 'POST' }, 'abc'), 'abc')
    const more = await figures(app, { requests: 6 })
    assert.equal(more.requestBytes, 9)
    assert.equal(more.responseBytes, seen.responseBytes + 53)
    plain.close()
    secure.close()
  })
})

test('Each open connection of several servers counts once, with TLS too', async () => {
  await withApp(async (app, { http, https, core, compat }) => {
    const plain = connectHttp2(`http://127.0.0.1:${core}`)
    const secure = connectHttp2(`https://127.0.0.1:${compat}`, { rejectUnauthorized: false })
    for (const session of [plain, secure])
      await http2Request(session, { ':path': '/fixed?bytes=1' })
    const upgraded = connect(http, '127.0.0.1')
    upgraded.write(head('GET', '/kept', ['Connection: Upgrade', 'Upgrade: raw']))
    await once(upgraded, 'data')
    const tls = connectTls({ port: https, host: '127.0.0.1', rejectUnauthorized: false })
    await once(tls, 'secureConnect')
    const open = async (): Promise<number> => sum(await app.page(), 'gunicorn_worker_connections')
    await eventually(async () => assert.equal(await open(), 4))
    plain.destroy()
    upgraded.destroy()
    await eventually(async () => assert.equal(await open(), 2))
    secure.destroy()
    tls.destroy()
  })
})

test('An HTTP/2 stream that its client cancels counts as an aborted request', async () => {
  await withApp(async (app, { core }) => {
    const session = connectHttp2(`http://127.0.0.1:${core}`)
    const stream = session.request({ ':path': '/never' })
    await once(stream, 'data')
    stream.close(constants.NGHTTP2_CANCEL)
    await once(stream, 'close')
    const { failed } = await figures(app, { requests: 1 })
    assert.deepEqual(failed, ['GET /never aborted 200 1'])
    session.close()
  })
})

test('HTTP/1 over a server that speaks HTTP/2 is counted once', async () => {
  await withApp(async (app, { compat }) => {
    await getByTls(compat, '/fixed?bytes=9')
    assert.equal((await figures(app, { requests: 1 })).responseBytes, 9)
  })
})

test('Requests to the metrics endpoint are not counted', async () => {
  await withApp(async (app, { http }) => {
    for (let count = 0; count < 5; count += 1) await eventually(() => app.page())
    const request = httpRequest({ port: http, path: '/fixed', agent: false })
    request.end()
    const [response] = await once(request, 'response')
    response.resume()
    assert.equal((await figures(app, { requests: 1 })).inFlight, 0)
  })
})

async function getByTls(port: number, path: string): Promise<void> {
  const request = httpsRequest({ port, path, rejectUnauthorized: false, agent: false })
  request.end()
  const [response] = await once(request, 'response')
  response.resume()
  await once(response, 'end')
}
