import assert from 'node:assert/strict'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { type ClientHttp2Stream, connect, constants } from 'node:http2'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { eventually, fixtures, startApp } from '../../support/programs/app.ts'
import { select, sum } from '../../support/prometheus/page.ts'

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR } = constants
const fileBytes = statSync(join(fixtures, 'apps/single/http2-ends.cjs')).size

interface Way {
  readonly path: string
  readonly method?: string
  /** What the client does after the request. Default: ends the request, and reads the response. */
  readonly act?: (stream: ClientHttp2Stream) => unknown
  /** Bytes of the response body. */
  readonly bytes?: number
  /** `error_type` of the request; undefined if the response is complete. */
  readonly error?: string
}

const cancelled = async (stream: ClientHttp2Stream): Promise<void> => {
  await once(stream, 'data')
  stream.pause().close(NGHTTP2_CANCEL)
}

const ways: readonly Way[] = [
  { path: '/whole', bytes: 5 },
  { path: '/whole', method: 'HEAD', bytes: 0 },
  { path: '/large', bytes: 300_000 },
  { path: '/empty', bytes: 0 },
  { path: '/file', bytes: fileBytes },
  { path: '/descriptor' },
  { path: '/trailers', bytes: 4 },
  { path: '/push', bytes: 5 },
  { path: '/received', method: 'POST', bytes: 8 },
  { path: '/session-closed', bytes: 5 },
  { path: '/goaway', bytes: 5 },
  // The response is complete although the client has not ended its request.
  { path: '/early', method: 'POST', bytes: 5, act: (stream) => stream.write('begun') },
  { path: '/large', act: cancelled, error: 'aborted' },
  {
    path: '/large',
    act: (stream) => once(stream, 'data').then(() => stream.session?.destroy()),
    error: 'aborted',
  },
  { path: '/destroyed', error: 'aborted' },
  { path: '/session-destroyed', error: 'aborted' },
  // The cancel comes after the whole response.
  {
    path: '/whole',
    act: (stream) => once(stream, 'end').then(() => stream.close(NGHTTP2_CANCEL)),
    bytes: 5,
  },
  {
    path: '/early',
    method: 'POST',
    act: (stream) => once(stream, 'end').then(() => stream.close(NGHTTP2_NO_ERROR)),
    bytes: 5,
  },
]

for (const write of ['turn', 'response']) {
  describe(`With GUNICORN_CRASH_FILES=${write}, a stream of HTTP/2 counts once`, () => {
    for (const way of ways) {
      const { path, method = 'GET', act, bytes, error } = way
      const name = `${method} ${path}${act ? `, ${ways.indexOf(way)}` : ''}`
      // The worker counts at the end of the response. The client can still break off.
      if (write === 'response' && error !== undefined && path === '/large') continue
      test(`${name}: ${error ?? 'complete'}`, async () => {
        const page = await pageAfter(way, write)
        assert.equal(sum(page, 'gunicorn_worker_requests_total'), 1)
        assert.equal(sum(page, 'gunicorn_worker_request_duration_seconds_count'), 1)
        assert.equal(sum(page, 'http_server_request_duration_seconds_count'), 1)
        assert.equal(sum(page, 'gunicorn_worker_requests_in_flight'), 0)
        assert.equal(sum(page, 'http_server_active_requests'), 0)
        const failed = select(page, 'gunicorn_worker_failed_requests_total')
        assert.deepEqual(
          failed.map(({ labels, value }) => [labels['error_type'], value]),
          error === undefined ? [] : [[error, 1]],
        )
        assert.equal(
          select(page, 'gunicorn_worker_responses_total').length,
          error === undefined ? 1 : 0,
        )
        const sent = sum(page, 'gunicorn_worker_response_size_bytes_sum')
        if (bytes !== undefined) assert.equal(sent, bytes)
      })
    }
  })
}

test('A stream that the application closes counts after the rest of its response', async () => {
  const app = await startApp({ file: 'apps/single/http2-ends.cjs' })
  try {
    const session = connect(`http://127.0.0.1:${await app.ready()}`)
    const stream = session.request({ ':path': '/closing', ':method': 'POST' })
    await once(stream, 'response')
    stream.end('request')
    await new Promise((resolve) => session.ping(resolve))
    // The client has not read, so most of the response waits in the worker.
    await eventually(async () => {
      assert.equal(sum(await app.page(), 'gunicorn_worker_requests_in_flight'), 1)
    })
    assert.equal((await stream.toArray()).join('').length, 300_000)
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'gunicorn_worker_requests_total'), 1)
      assert.equal(sum(page, 'gunicorn_worker_response_size_bytes_sum'), 300_000)
    })
    session.close()
  } finally {
    await app.stop()
  }
})

type Page = Parameters<typeof sum>[0]

/** The page when the request has ended, and nothing more comes. */
async function pageAfter({ path, method = 'GET', act }: Way, write: string): Promise<Page> {
  const app = await startApp({
    file: 'apps/single/http2-ends.cjs',
    env: { GUNICORN_CRASH_FILES: write },
  })
  try {
    const session = connect(`http://127.0.0.1:${await app.ready()}`).on('error', () => {})
    session.on('stream', (pushed) => pushed.on('error', () => {}).resume())
    const stream = session.request(
      { ':path': path, ':method': method },
      { endStream: method !== 'POST' },
    )
    stream.on('error', () => {})
    const closed = new Promise((resolve) => stream.once('close', resolve))
    if (!act && method === 'POST') stream.end('request')
    const acted = act?.(stream)
    if (act !== cancelled) stream.resume()
    await Promise.all([acted, closed])
    session.destroy()
    return await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'gunicorn_worker_requests_total'), 1)
      return page
    })
  } finally {
    await app.stop()
  }
}
