import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { type Sample, sum } from '../../support/prometheus/page.ts'

/** What a client receives last, by the path of the request. */
const answers: readonly (readonly [path: string, last: RegExp, bytes: number, method?: string])[] =
  [
    ['/whole', /answered$/, 8],
    ['/chunks', /chunks\r\n0\r\n\r\n$/, 9],
    ['/trailers', /0\r\nx-end: yes\r\n\r\n$/, 16],
    ['/length', /answered$/, 8],
    ['/empty', /\r\n\r\n$/, 0],
    ['/head', /1000\r\n.*\r\n\r\n$/s, 0, 'HEAD'],
    ['/not-modified', /304 .*\r\n\r\n$/s, 0],
    ['/hints', /answered$/, 8],
    ['/error', /500 .*answered$/s, 8],
    ['/large', /x{300000}$/, 300_000],
  ]

describe('With GUNICORN_CRASH_FILES=response, a worker counts before it sends', () => {
  for (const [path, last, bytes, method = 'GET'] of answers) {
    test(`${method} ${path}`, async (context) => {
      const { port, page } = await startOne(context)
      const text = await received(
        port,
        requestOf(`${path}?${path === '/large' ? 'at-finish' : 'at-end'}`, method),
      )
      assert.match(text, last)
      const samples = await page()
      assert.equal(sum(samples, 'gunicorn_worker_requests_total'), 1)
      assert.equal(sum(samples, 'gunicorn_worker_responses_total'), 1)
      assert.equal(sum(samples, 'gunicorn_worker_request_duration_seconds_count'), 1)
      // Each chunk but one adds its framing.
      const framing = path === '/chunks' || path === '/trailers' ? 5 : 0
      const sent = sum(samples, 'gunicorn_worker_response_size_bytes_sum')
      assert.ok(sent >= bytes && sent <= bytes + framing, `${sent} bytes`)
    })
  }

  test('the answers of pipelined requests', async (context) => {
    const { port, page } = await startOne(context)
    const paths = ['/whole', '/chunks', '/large', '/hints', '/error', '/empty', '/whole?at-finish']
    const text = await received(port, paths.map((path) => requestOf(path)).join(''))
    assert.equal(text.match(/HTTP\/1\.1 [25]00/g)?.length, paths.length)
    assert.equal(sum(await page(), 'gunicorn_worker_responses_total'), paths.length)
  })

  for (const [path, body] of [
    ['/whole', 'answered'],
    ['/chunks', 'in chunks'],
    ['/empty', ''],
  ]) {
    test(`the stream of HTTP/2 ${path}`, async (context) => {
      const { port, page } = await startOne(context, { HTTP2: 'true' })
      const session = connectHttp2(`http://127.0.0.1:${port}`).on('error', () => {})
      context.after(() => session.destroy())
      // The system resets a connection whose process ends with unread bytes.
      await new Promise((resolve) => session.ping(resolve))
      const stream = session.request({ ':path': path }).on('error', () => {})
      const headers = once(stream, 'response')
      let received = ''
      stream.on('data', (data) => {
        received += String(data)
      })
      await Promise.all([headers, new Promise((resolve) => session.once('close', resolve))])
      assert.equal(received, body)
      const samples = await page()
      assert.equal(sum(samples, 'gunicorn_worker_responses_total'), 1)
      assert.equal(sum(samples, 'gunicorn_worker_response_size_bytes_sum'), body?.length)
    })
  }
})

test('With GUNICORN_CRASH_FILES=turn, a kill at the end loses the request', async (context) => {
  const { port, page } = await startOne(context, { GUNICORN_CRASH_FILES: 'turn' })
  assert.match(await received(port, requestOf('/whole?at-end')), /answered$/)
  assert.equal(sum(await page(), 'gunicorn_worker_requests_total'), 0)
})

interface One {
  readonly port: number
  /** The page after the end of the worker. */
  readonly page: () => Promise<Sample[]>
}

async function startOne(context: TestContext, env: Record<string, string> = {}): Promise<One> {
  const app = await startApp({
    file: 'apps/cluster/killed-at-end.cjs',
    env: {
      GUNICORN_CRASH_FILES: 'response',
      GUNICORN_CRASH_MEMORY: 'off',
      PROMETHEUS_MULTIPROC_DIR: await temporaryDirectory(context),
      ...env,
    },
  })
  context.after(() => app.stop())
  const port = await app.ready()
  return {
    port,
    page: () =>
      eventually(async () => {
        const samples = await app.page()
        assert.equal(sum(samples, 'gunicorn_exporter_crash_files_total', { result: 'read' }), 1)
        return samples
      }),
  }
}

function requestOf(path: string, method = 'GET'): string {
  return `${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
}

/** All bytes until the connection closes. */
async function received(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  let text = ''
  socket.on('data', (data) => {
    text += String(data)
  })
  socket.on('error', () => {})
  socket.write(request)
  await once(socket, 'close')
  return text
}
