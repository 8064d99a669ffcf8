import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { Agent, type IncomingHttpHeaders, type RequestOptions, request } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { request as requestTls } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { gunzipSync } from 'node:zlib'
import {
  type App,
  type AppOptions,
  eventually,
  preloadFlags,
  startApp,
} from '../../support/programs/app.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { parsePage, select, sum } from '../../support/prometheus/page.ts'
import { threadEnds } from '../../support/thread-ends.ts'

const openmetrics = 'application/openmetrics-text;version=1.0.0'

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly text: string
}

/** Requests over a new connection by default, because the cluster spreads connections. */
async function ask(port: number, options: RequestOptions = {}, send = request): Promise<Answer> {
  const message = send({ host: '127.0.0.1', port, path: '/metrics', agent: false, ...options })
  message.end()
  const [response] = await once(message, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  return { status: response.statusCode, headers: response.headers, body, text: body.toString() }
}

/** Rejects when the stream ends by an error. */
async function askHttp2(port: number, path: string): Promise<void> {
  const client = connectHttp2(`http://127.0.0.1:${port}`)
  try {
    await once(client.request({ ':path': path }).resume(), 'end')
  } finally {
    client.destroy()
  }
}

async function start(
  t: TestContext,
  env: Record<string, string> = {},
  options: Partial<AppOptions> = {},
): Promise<{ readonly app: App; readonly port: number }> {
  const app = await startApp({ file: 'apps/mounted/mounted.cjs', env, ...options })
  t.after(app.stop)
  return { app, port: await app.ready() }
}

/** The series of a page without their values. */
function seriesOf(text: string): string[] {
  return parsePage(text)
    .map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`)
    .sort()
}

/** The page of the endpoint itself. */
async function endpointPage(app: App, query = '', headers = {}): Promise<Answer> {
  const { port, pathname } = new URL(app.metricsUrl)
  return await ask(Number(port), { path: `${pathname}${query}`, headers })
}

describe('A mounted page', { concurrency: true }, () => {
  for (const SHAPE of ['cluster', 'primary', 'single']) {
    it(`equals the page of the endpoint (${SHAPE})`, async (t) => {
      const { app, port } = await start(t, { SHAPE })
      await eventually(async () => {
        const [mounted, own] = [await ask(port), await endpointPage(app)]
        assert.equal(mounted.status, 200)
        assert.deepEqual(seriesOf(mounted.text), seriesOf(own.text))
        const ids = select(parsePage(mounted.text), 'gunicorn_worker_info')
        assert.equal(ids.length, SHAPE === 'single' ? 1 : 2)
        for (const name of ['content-type', 'vary', 'cache-control', 'content-encoding']) {
          assert.equal(mounted.headers[name], own.headers[name], name)
        }
        assert.equal(mounted.headers['content-length'], String(mounted.body.length))
      })
    })
  }

  it('comes from every worker and counts as a request of the application', async (t) => {
    const { app, port } = await start(t)
    const pids = new Set<string>()
    for (let count = 0; count < 10; count += 1) {
      // Three requests in a round, so that the workers alternate.
      for (const path of ['/pid', '/pid', '/metrics']) {
        const { status, text } = await ask(port, { path })
        assert.equal(status, 200)
        if (path === '/pid') pids.add(text)
      }
    }
    assert.equal(pids.size, 2)
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'gunicorn_worker_requests_total'), 30)
      assert.equal(sum(page, 'gunicorn_worker_connections'), 0)
      assert.ok(sum(page, 'gunicorn_exporter_scrapes_total', { status_code: '200' }) >= 10)
      assert.deepEqual(select(page, 'gunicorn_exporter_faults_total'), [])
    })
  })

  it('has the format that the client asks for', async (t) => {
    const { app, port } = await start(t)
    const rows: [query: string, headers: Record<string, string>][] = [
      ['', { accept: openmetrics }],
      ['', { accept: 'text/plain' }],
      ['', { 'accept-encoding': 'gzip' }],
      ['', { accept: openmetrics, 'accept-encoding': 'gzip' }],
      ['?name[]=gunicorn_worker_info', {}],
      ['?name[]=gunicorn_worker_info&name[]=gunicorn_master_workers', { accept: openmetrics }],
      ['?name[]=none', { 'accept-encoding': 'gzip' }],
      ['?', {}],
      ['?a?b', {}],
    ]
    for (const [query, headers] of rows) {
      await eventually(async () => {
        const mounted = await ask(port, { path: `/metrics${query}`, headers })
        const own = await endpointPage(app, query, headers)
        assert.equal(mounted.status, own.status)
        for (const name of ['content-type', 'content-encoding', 'vary']) {
          assert.equal(mounted.headers[name], own.headers[name], name)
        }
        const [text, expected] = [mounted, own].map(({ body, headers }) =>
          (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString(),
        )
        assert.deepEqual(seriesOf(text ?? ''), seriesOf(expected ?? ''))
        assert.equal(text?.endsWith('# EOF\n'), headers['accept'] === openmetrics)
      })
    }
  })

  it('answers HEAD without a body, and refuses other methods', async (t) => {
    const { port } = await start(t)
    const head = await ask(port, { method: 'HEAD' })
    assert.equal(head.status, 200)
    assert.ok(Number(head.headers['content-length']) > 1_000)
    assert.equal(head.body.length, 0)
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND']) {
      const { status, headers } = await ask(port, { method })
      assert.equal(status, 405)
      assert.equal(headers.allow, 'GET, HEAD')
    }
  })

  it('refuses headers beyond the limit', async (t) => {
    const nodeArgs = ['--max-http-header-size=200000']
    const { port } = await start(t, { SHAPE: 'single' }, { nodeArgs })
    const long = await ask(port, { headers: { authorization: `Bearer ${'x'.repeat(70_000)}` } })
    assert.equal(long.status, 431)
    assert.equal((await ask(port)).status, 200)
  })

  it('can be mounted on Express', async (t) => {
    const { app, port } = await start(t, { SERVER: 'express' })
    await eventually(async () => {
      const mounted = await ask(port, { headers: { 'accept-encoding': 'gzip' } })
      assert.equal(mounted.headers['x-powered-by'], 'Express')
      const text = gunzipSync(mounted.body).toString()
      assert.deepEqual(seriesOf(text), seriesOf((await endpointPage(app)).text))
    })
    assert.equal((await ask(port, { method: 'HEAD' })).status, 200)
    assert.equal((await ask(port, { method: 'POST' })).status, 404)
  })

  it('can be mounted on https', async (t) => {
    const { app, port } = await start(t, { SERVER: 'https' })
    await eventually(async () => {
      const mounted = await ask(port, { rejectUnauthorized: false } as RequestOptions, requestTls)
      assert.deepEqual(seriesOf(mounted.text), seriesOf((await endpointPage(app)).text))
    })
  })

  it('can be mounted on http2', async (t) => {
    const { app, port } = await start(t, { SERVER: 'http2', SERIES: '500' })
    const client = connectHttp2(`http://127.0.0.1:${port}`)
    t.after(() => client.destroy())
    const get = async (method: string): Promise<[status: number, length: number, text: string]> => {
      const stream = client.request({ ':path': '/metrics', ':method': method }).end()
      const [headers] = await once(stream, 'response')
      let text = ''
      for await (const chunk of stream) text += chunk
      return [Number(headers[':status']), Number(headers['content-length']), text]
    }
    await eventually(async () => {
      const [status, length, text] = await get('GET')
      assert.equal(status, 200)
      assert.equal(length, Buffer.byteLength(text))
      assert.deepEqual(seriesOf(text), seriesOf((await endpointPage(app)).text))
      assert.equal(select(parsePage(text), 'app_long_0_total').length, 500)
    })
    assert.deepEqual((await get('HEAD')).with(1, 0), [200, 0, ''])
    assert.equal((await get('POST'))[0], 405)
    // Before the application is stopped, which would be an error of this connection's.
    client.destroy()
  })

  for (const preload of ['require', 'import', 'NODE_OPTIONS'] as const) {
    it(`is one for import and require (${preload})`, async (t) => {
      const { port } = await start(t, {}, { file: 'apps/mounted/mounted.mjs', preload })
      for (const path of ['/metrics', '/required']) {
        const { status, text } = await ask(port, { path })
        assert.equal(status, 200)
        assert.equal(select(parsePage(text), 'gunicorn_worker_info').length, 1)
      }
    })
  }
})

describe('A mounted page without an exporter', { concurrency: true }, () => {
  const rows: [why: string, env: Record<string, string>, preload: 'none' | 'require', RegExp][] = [
    ['not preloaded', {}, 'none', /gunicorn-prometheus-exporter is not preloaded/],
    ['switched off', { OTEL_METRICS_EXPORTER: 'none' }, 'require', /is switched off/],
    ['configured wrongly', { PROMETHEUS_METRICS_PORT: '70000' }, 'require', /is switched off/],
    ['disabled', { OTEL_SDK_DISABLED: 'true' }, 'require', /OTEL_SDK_DISABLED/],
  ]
  for (const [why, env, preload, expected] of rows) {
    it(`is refused: ${why}`, async (t) => {
      for (const SHAPE of ['cluster', 'single']) {
        const { port } = await start(t, { ...env, SHAPE }, { preload })
        const { status, text, headers } = await ask(port)
        assert.equal(status, 503)
        assert.match(text, expected)
        assert.equal(headers['cache-control'], 'no-store')
        assert.equal((await ask(port, { method: 'HEAD' })).status, 503)
      }
    })
  }

  it('is refused with 500 where the files of the exporter are missing', async (t) => {
    const directory = await temporaryDirectory(t)
    const flag = '--require'
    const [, preload = ''] = preloadFlags('require', directory)
    const copy = join(directory, 'register.cjs')
    await copyFile(preload, copy)
    const { app, port } = await start(
      t,
      { SHAPE: 'single' },
      {
        preload: 'none',
        nodeArgs: [flag, copy],
      },
    )
    const { status, text } = await ask(port)
    assert.equal(status, 500)
    assert.match(text, /cannot be loaded. The log on stderr shows the reason/)
    assert.match(app.stderr(), /runtime\.cjs/)
    assert.equal(app.child.exitCode, null)
  })

  it('is refused where the primary is not preloaded', async (t) => {
    const FLAGS = preloadFlags('require').join(' ')
    const { port } = await start(t, { SHAPE: 'strange', FLAGS }, { preload: 'none' })
    const { status, text } = await ask(port)
    assert.equal(status, 503)
    assert.match(text, /did not respond within 5 seconds\. .* the primary is preloaded/)
  })
})

describe('A mounted page', { concurrency: true }, () => {
  it('is refused while the primary is stopped and returns afterwards', async (t) => {
    const { app, port } = await start(t)
    // The primary hands over connections: this one is there before it stops.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    t.after(() => agent.destroy())
    assert.equal((await ask(port, { path: '/pid', agent })).status, 200)
    app.child.kill('SIGSTOP')
    for (let count = 0; count < 2; count += 1) {
      const { status, text } = await ask(port, { agent })
      assert.equal(status, 503)
      assert.match(text, /did not respond within 5 seconds/)
    }
    app.child.kill('SIGCONT')
    await eventually(async () => assert.equal((await ask(port, { agent })).status, 200))
  })

  it('does not wait for a blocked primary once the address is known', async (t) => {
    const { app, port } = await start(t, { BLOCK_MS: '60000' })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    t.after(() => agent.destroy())
    assert.equal((await ask(port, { agent })).status, 200)
    app.child.kill('SIGUSR2')
    // Blocked: nothing of the workers arrives any more.
    await eventually(async () => {
      const { status, text } = await ask(port, { agent })
      assert.equal(status, 200)
      const ages = select(parsePage(text), 'gunicorn_worker_report_age_seconds')
      assert.ok(ages.length === 2 && ages.every(({ value }) => value > 2))
    })
  })

  for (const SHAPE of ['cluster', 'single']) {
    it(`recovers from the end of the exporter thread (${SHAPE})`, threadEnds, async (t) => {
      const { app, port } = await start(t, { SHAPE })
      const workers = SHAPE === 'single' ? 1 : 2
      for (let death = 0; death < 3; death += 1) {
        // Several requests, so that each worker has an open page request.
        for (let count = 0; count < 20; count += 1) assert.equal((await ask(port)).status, 200)
        app.child.kill('SIGWINCH')
        await eventually(async () => {
          const { status, text } = await ask(port)
          assert.equal(status, 200)
          // A new thread has few scrapes.
          assert.ok(sum(parsePage(text), 'gunicorn_exporter_scrapes_total') < 10)
        })
        await eventually(async () => {
          const { text } = await ask(port)
          assert.equal(select(parsePage(text), 'gunicorn_worker_info').length, workers)
        })
      }
    })
  }

  const isCountable = process.platform === 'linux' ? {} : { skip: 'it counts sockets in /proc' }
  it('frees the memory of clients that close', isCountable, async (t) => {
    const { app, port } = await start(t, { SHAPE: 'single', SERIES: '10000' })
    await eventually(async () => {
      const { text } = await ask(port)
      assert.ok(text.length > 10_000_000, String(text.length))
    })
    const { pid } = app.child
    const settled = await eventually(() => socketsOf(pid))
    for (let round = 0; round < 3; round += 1) {
      const clients = Array.from({ length: 20 }, () => connect(port, '127.0.0.1'))
      for (const client of clients) {
        client.on('error', () => {})
        client.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')
      }
      // Each in the middle of what it gets.
      await Promise.all(clients.map((client) => once(client, 'data')))
      for (const client of clients) client.destroy()
    }
    // And one that goes before the handler is called.
    const late = connect(port, '127.0.0.1', () => {
      late.write('GET /late HTTP/1.1\r\nHost: x\r\n\r\n')
      late.destroySoon()
    })
    await once(late, 'close')
    await eventually(() => assert.ok(socketsOf(pid) <= settled, `${socketsOf(pid)} > ${settled}`))
    // Had one been left, the limit of those under way would be nearer.
    for (let count = 0; count < 50; count += 1) {
      assert.equal((await ask(port, { method: 'HEAD' })).status, 200)
    }
    assert.equal(app.child.exitCode, null)
    assert.equal(app.stderr(), '')
  })

  it('waits for a slow client', async (t) => {
    const { port } = await start(t, { SHAPE: 'single', SERIES: '10000' })
    await eventually(async () => assert.ok((await ask(port)).body.length > 10_000_000))
    const message = request({ host: '127.0.0.1', port, path: '/metrics', agent: false }).end()
    const [response] = await once(message, 'response')
    let bytes = 0
    for await (const chunk of response) {
      if (bytes < 300_000) await new Promise((resolve) => setTimeout(resolve, 20))
      bytes += chunk.length
    }
    assert.equal(bytes, Number(response.headers['content-length']))
  })

  it('leaves a response alone that the application has ended', async (t) => {
    const { app, port } = await start(t, { SHAPE: 'single' })
    const rows: [path: string, status: number, text: string][] = [
      ['/answered', 202, 'own'],
      ['/overtaken', 202, 'own'],
      ['/ended', 200, 'own'],
    ]
    for (const [path, ...expected] of [...rows, ...rows]) {
      const { status, text } = await ask(port, { path })
      assert.deepEqual([path, status, text], [path, ...expected])
    }
    assert.equal((await ask(port)).status, 200)
    assert.equal(app.stderr(), '')
  })

  it('ends a response that the application has begun and does not end', async (t) => {
    const begin = async (env: Record<string, string>): Promise<void> => {
      const { app, port } = await start(t, { SHAPE: 'single', ...env })
      const asking = env['SERVER'] ? askHttp2(port, '/begun') : ask(port, { path: '/begun' })
      await assert.rejects(asking)
      await eventually(() => assert.match(app.stdout(), /^settled$/m))
      assert.match(app.stderr(), /metricsHandler got a response whose head was sent already/)
    }
    const rows = [{}, { SERVER: 'http2' }, { OTEL_METRICS_EXPORTER: 'none' }]
    await Promise.all(rows.map(begin))
  })

  it('waits for the end of a response that the application has begun', async (t) => {
    const { app, port } = await start(t, { SHAPE: 'single' })
    const { status, text } = await ask(port, { path: '/slow' })
    assert.deepEqual([status, text], [202, 'own'])
    await eventually(() => assert.match(app.stdout(), /^settled$/m))
    assert.equal(app.stderr(), '')
  })

  for (const path of ['/throwing', '/destroyed']) {
    it(`settles the promise and the response of ${path}`, async (t) => {
      const { app, port } = await start(t, { SHAPE: 'single' })
      await ask(port, { path }).catch(() => undefined)
      await eventually(() => assert.match(app.stdout(), /^settled$/m))
    })
  }

  it('answers 500 and logs one line where it does not know the arguments', async (t) => {
    const { app, port } = await start(t, { SHAPE: 'single' })
    for (let count = 0; count < 2; count += 1) {
      const { status, text } = await ask(port, { path: '/nothing' })
      assert.equal(status, 500)
      assert.match(text, /does not know the arguments/)
    }
    assert.equal(app.stderr().match(/does not know the arguments/g)?.length, 1)
  })

  it('keeps no process alive', async (t) => {
    const app = await startApp({ file: 'apps/mounted/once.cjs' })
    t.after(app.stop)
    assert.deepEqual(await app.ended, { code: 0, signal: null })
    assert.match(app.stdout(), /^200 true$/m)
  })
})

/**
 * How many sockets a process holds; of those that are closing just now some are no longer there.
 */
function socketsOf(pid: number | undefined): number {
  const directory = `/proc/${pid}/fd`
  const targets = readdirSync(directory).map((fd) => {
    try {
      return readlinkSync(`${directory}/${fd}`)
    } catch {
      return ''
    }
  })
  return targets.filter((target) => target.startsWith('socket:')).length
}
