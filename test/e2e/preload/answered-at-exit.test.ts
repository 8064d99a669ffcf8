import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { sum } from '../../support/prometheus/page.ts'

/** The worker exits right after it has passed the answer to the operating system. */
describe('A worker counts its answer right before process.exit()', { concurrency: 2 }, () => {
  for (const path of ['/whole', '/chunks', '/trailers', '/length', '/empty']) {
    test(`over HTTP/1, ${path}`, async (context) => {
      const { port, assertCounted } = await startOne(context)
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      socket.write(`GET ${path}?at-end HTTP/1.1\r\nHost: a\r\n\r\n`)
      await once(socket, 'data')
      await assertCounted()
    })
  }

  for (const path of ['/whole', '/chunks', '/empty']) {
    test(`over HTTP/2, ${path}`, async (context) => {
      const { port, assertCounted } = await startOne(context, { HTTP2: 'true' })
      const session = connectHttp2(`http://127.0.0.1:${port}`).on('error', () => {})
      context.after(() => session.destroy())
      // The system resets a connection whose process ends with unread bytes.
      await new Promise((resolve) => session.ping(resolve))
      const stream = session.request({ ':path': path }).on('error', () => {})
      const [headers] = await once(stream.resume(), 'response')
      assert.equal(headers[':status'], 200)
      await assertCounted()
    })
  }
})

test('A request without an answer fails when its worker exits', async (context) => {
  const { port, page } = await startOne(context, { HTTP2: 'true' })
  const session = connectHttp2(`http://127.0.0.1:${port}`).on('error', () => {})
  context.after(() => session.destroy())
  const open = session.request({ ':path': '/open' }).on('error', () => {})
  await new Promise((resolve) => session.ping(resolve))
  session.request({ ':path': '/whole' }).on('error', () => {})
  await new Promise((resolve) => open.once('close', resolve))
  const samples = await page(2)
  assert.equal(sum(samples, 'gunicorn_worker_failed_requests_total'), 1)
})

async function startOne(context: TestContext, env: Record<string, string> = {}) {
  const app = await startApp({
    file: 'apps/cluster/killed-at-end.cjs',
    env: { END: 'exit', ...env },
  })
  context.after(() => app.stop())
  const port = await app.ready()
  const page = (requests: number) =>
    eventually(async () => {
      const samples = await app.page()
      assert.equal(sum(samples, 'gunicorn_worker_requests_total'), requests)
      return samples
    })
  const assertCounted = async (): Promise<void> => {
    const samples = await page(1)
    assert.equal(sum(samples, 'gunicorn_worker_responses_total'), 1)
    assert.equal(sum(samples, 'gunicorn_worker_failed_requests_total') || 0, 0)
  }
  return { port, page, assertCounted }
}
