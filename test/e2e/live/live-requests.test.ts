import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { LiveDocument } from '../../../src/model/live/live-document.ts'
import { type App, eventually, startApp, withCluster } from '../../support/programs/app.ts'
import { endpointUrl, liveDocument } from '../../support/programs/live.ts'
import { get, load } from '../../support/programs/load.ts'
import { withPrometheus } from '../../support/prometheus/prometheus.ts'
import { scrapeConfig } from '../../support/prometheus/scrape-jobs.ts'
import { need, prometheus } from '../../support/tools.ts'

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly agent?: Agent | false
}

/** A request whose headers are exactly the given headers. */
async function ask(
  app: Pick<App, 'metricsUrl'>,
  path: string,
  { method = 'GET', headers = {}, agent = false }: Asked = {},
): Promise<Answer> {
  const message = request(endpointUrl(app, path), { method, headers, agent }).end()
  const [response] = await once(message, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }
}

const browser = {
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'accept-encoding': 'gzip, deflate, br',
}

describe('The live page', () => {
  test('comes to browsers only, compressed, and once for each version', async () => {
    await withCluster({ WORKERS: '1' }, async (app) => {
      await eventually(async () => assert.equal((await ask(app, '/healthz')).status, 200))
      const page = await ask(app, '/', { headers: browser })
      assert.equal(page.status, 200)
      assert.equal(page.headers['content-type'], 'text/html; charset=utf-8')
      assert.equal(page.headers['content-encoding'], 'gzip')
      assert.ok(page.body.length <= 100_000, `${page.body.length} bytes`)
      const html = gunzipSync(page.body).toString()
      assert.match(html, /^<!doctype html>/i)
      const plain = await ask(app, '/', { headers: { accept: 'text/html' } })
      assert.equal(plain.body.toString(), html)
      const tag = page.headers.etag ?? ''
      const known = await ask(app, '/', { headers: { ...browser, 'if-none-match': tag } })
      assert.deepEqual([known.status, known.body.length], [304, 0])
      assert.equal(
        known.headers['content-security-policy'],
        page.headers['content-security-policy'],
      )
      const head = await ask(app, '/', { method: 'HEAD', headers: browser })
      assert.deepEqual([head.status, head.body.length], [200, 0])
      assert.equal(head.headers['content-length'], String(page.body.length))
      for (const accept of [
        '*/*',
        'text/plain',
        'application/json',
        'text/plain,text/html;q=0.5',
      ]) {
        const other = await ask(app, '/', { headers: { accept } })
        assert.equal(other.status, 404, accept)
        assert.match(other.body.toString(), /a page for browsers at \/\.\n$/)
      }
      assert.equal((await ask(app, '/', { method: 'POST', headers: browser })).status, 405)
      assert.equal((await ask(app, '/index.html', { headers: browser })).status, 404)
    })
  })

  test('lets no other site read, frame or change anything', async () => {
    await withCluster({ WORKERS: '1' }, async (app) => {
      await eventually(async () => assert.equal((await ask(app, '/healthz')).status, 200))
      const { headers } = await ask(app, '/', { headers: browser })
      const policy = String(headers['content-security-policy'])
      for (const rule of [
        "default-src 'none'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ]) {
        assert.ok(policy.split('; ').includes(rule), `${rule} is not in ${policy}`)
      }
      assert.doesNotMatch(policy, /unsafe/)
      for (const path of ['/', '/live', '/live/metric?name=gunicorn_exporter_series']) {
        const answer = await ask(app, path, {
          headers: { ...browser, origin: 'http://evil.example' },
        })
        assert.equal(answer.status, 200)
        assert.equal(answer.headers['x-content-type-options'], 'nosniff')
        assert.equal(answer.headers['referrer-policy'], 'no-referrer')
        assert.equal(answer.headers['cross-origin-resource-policy'], 'same-origin')
        const cors = Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))
        assert.deepEqual(cors, [])
        const foreign = await ask(app, path, { headers: { ...browser, host: 'evil.example:9091' } })
        assert.equal(foreign.status, 403)
      }
      const crossSite = { 'sec-fetch-site': 'cross-site' }
      assert.equal((await ask(app, '/live', { headers: crossSite })).status, 403)
      // A link from another site opens the page.
      assert.equal((await ask(app, '/', { headers: { ...browser, ...crossSite } })).status, 200)
      for (const host of ['localhost', '[::1]:9091', '127.0.0.1:1', 'app.localhost:9091']) {
        assert.equal((await ask(app, '/live', { headers: { host } })).status, 200, host)
      }
      // A scraper may use any name.
      assert.equal((await ask(app, '/metrics', { headers: { host: 'evil.example' } })).status, 200)
    })
  })

  test('asks for the same credentials as the metrics', async () => {
    const secrets = { PROMETHEUS_AUTH_USERNAME: 'someone', PROMETHEUS_AUTH_PASSWORD: 'a secret' }
    await withCluster({ WORKERS: '1', ...secrets }, async (app) => {
      await eventually(async () => assert.equal((await ask(app, '/healthz')).status, 401))
      const authorization = `Basic ${Buffer.from('someone:a secret').toString('base64')}`
      for (const path of ['/', '/live', '/live/metric?name=gunicorn_exporter_series', '/none']) {
        const refused = await ask(app, path, { headers: browser })
        assert.equal(refused.status, 401, path)
        assert.match(String(refused.headers['www-authenticate']), /^Basic /)
        const allowed = await ask(app, path, { headers: { ...browser, authorization } })
        assert.equal(allowed.status, path === '/none' ? 404 : 200, path)
      }
      const named = { ...browser, authorization, host: 'metrics.example' }
      assert.equal((await ask(app, '/live', { headers: named })).status, 200)
    })
  })

  test('does not exist where the setting is off', async () => {
    await withCluster({ WORKERS: '1', PROMETHEUS_LIVE_PAGE: 'false' }, async (app) => {
      await eventually(async () => assert.equal((await ask(app, '/healthz')).status, 200))
      for (const path of ['/', '/live', '/live/metric?name=gunicorn_exporter_series']) {
        const answer = await ask(app, path, { headers: browser })
        assert.equal(answer.status, 404, path)
        assert.doesNotMatch(answer.body.toString(), /browsers/)
      }
    })
  })
})

describe('The live data', () => {
  test('come compressed, and only with newer samples on request', async () => {
    await withCluster({ WORKERS: '1' }, async (app) => {
      const first = await eventually(async () => {
        const shown = await liveDocument(app)
        assert.ok(shown.history.last >= 3)
        return shown
      })
      const newer = await liveDocument(app, `?since=${first.history.last - 1}`)
      const { history } = newer
      assert.equal(history.epoch, first.history.epoch)
      assert.equal(history.times.length, history.last - first.history.last + 1)
      assert.equal(history.times[0], first.history.times.at(-1))
      for (const columns of [
        history.p50,
        history.rates['2xx'],
        ...Object.values(history.workers).map(({ heap }) => heap),
      ]) {
        assert.equal(columns.length, history.times.length)
      }
      const none = await liveDocument(app, `?since=${history.last}`)
      assert.ok(none.history.times.length <= none.history.last - history.last)
      // A client of an earlier process has a higher number than this process.
      const beyond = await liveDocument(app, '?since=999999999999999')
      assert.equal(beyond.history.times.length, beyond.history.last)
      const answer = await ask(app, '/live', { headers: { 'accept-encoding': 'gzip' } })
      assert.equal(answer.headers['content-encoding'], 'gzip')
      assert.equal(answer.headers['cache-control'], 'no-store')
      assert.equal((JSON.parse(gunzipSync(answer.body).toString()) as LiveDocument).version, 1)
      const head = await ask(app, '/live', { method: 'HEAD' })
      assert.deepEqual([head.status, head.body.length], [200, 0])
    })
  })

  test('refuse values that make no sense', async () => {
    await withCluster({ WORKERS: '1' }, async (app) => {
      await eventually(async () => assert.equal((await ask(app, '/healthz')).status, 200))
      const bad = [
        'since=',
        'since=-1',
        'since=1e3',
        'since=0x10',
        'since=%00',
        'since=1&since=2',
        'since=1234567890123456',
        'since=NaN',
        'since=9%27%3B--',
        'instance=',
        `instance=${'a'.repeat(600)}`,
        'instance=a&instance=b',
      ]
      for (const query of bad) {
        const { status, body } = await ask(app, `/live?${query}`)
        assert.equal(status, 400, query)
        assert.match(body.toString(), /^(?:since|instance) must be /, query)
      }
      assert.equal((await ask(app, '/live?instance=__proto__')).status, 404)
      for (const query of ['', 'name=', 'name=a&name=b', `name=${'a'.repeat(600)}`]) {
        assert.equal((await ask(app, `/live/metric?${query}`)).status, 400, query)
      }
      for (const name of [
        '__proto__',
        'constructor',
        'gunicorn_',
        'gunicorn_worker_requests_total_bucket',
        '%0d%0aX: y',
      ]) {
        assert.equal((await ask(app, `/live/metric?name=${name}`)).status, 404, name)
      }
      assert.equal((await ask(app, '/live?other=1&since=0')).status, 200)
    })
  })

  test('hide messages, stacks and paths on an endpoint that is open to the network', async () => {
    const app = await startApp({
      file: 'apps/cluster/cluster.cjs',
      env: {
        ...{ WORKERS: '2', PROMETHEUS_BIND_ADDRESS: '0.0.0.0', GUNICORN_HANG_STACKS: '1' },
        ...{ OTEL_METRICS_EXPORTER: 'prometheus,otlp', OTEL_METRIC_EXPORT_INTERVAL: '500' },
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9/collector',
      },
    })
    try {
      const port = await app.ready()
      await get(port, '/throw').catch(() => {})
      const document = await eventually(async () => {
        const shown = await liveDocument(app)
        assert.equal(shown.deaths.length, 1)
        return shown
      })
      assert.match(document.hidden ?? '', /^hidden: /)
      assert.deepEqual(document.deaths[0]?.error, { name: 'TypeError', message: null, stack: null })
      const text = JSON.stringify(document)
      assert.doesNotMatch(text, /thrown by a handler|cluster\.cjs|\/fixtures\/|node:internal/)
    } finally {
      await app.stop()
    }
  })
})

test('Hundreds of open live pages keep Prometheus in', async (context) => {
  const program = need(context, prometheus())
  if (program === undefined) return
  await withCluster({ WORKERS: '1' }, async (app, port) => {
    await load({ port, paths: ['/'], count: 20, connections: 2 })
    await eventually(async () => assert.equal((await ask(app, '/healthz')).status, 200))
    const agents = Array.from({ length: 300 }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
    let [answers, isOver] = [0, false]
    const pages = agents.map(async (agent) => {
      while (!isOver) {
        await ask(app, '/live?since=0', { agent }).then(
          ({ status }) => {
            assert.equal(status, 200)
            answers += 1
          },
          // A page asks again when its connection is cut.
          () => {},
        )
        await new Promise((resolve) => setTimeout(resolve, 1_000))
      }
    })
    try {
      await eventually(() => assert.ok(answers > 300, `${answers} answers`))
      const metricsPort = Number(new URL(app.metricsUrl).port)
      const config = scrapeConfig({ app: { port: metricsPort } })
      await withPrometheus({ prometheus: program, config }, async (server) => {
        const value = async (expression: string): Promise<number | undefined> =>
          (await server.query(expression))[0]?.value
        await eventually(async () =>
          assert.ok(((await value('count_over_time(up[1m])')) ?? 0) >= 8),
        )
        assert.equal(await value('min_over_time(up[1m])'), 1)
        assert.equal(await value('sum(gunicorn_worker_requests_total)'), 20)
      })
      assert.ok((await liveDocument(app)).pollSeconds > 1)
    } finally {
      isOver = true
      await Promise.all(pages)
      for (const agent of agents) agent.destroy()
    }
  })
})
