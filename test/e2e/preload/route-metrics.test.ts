import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { describe, test } from 'node:test'
import { eventually, startApp, withCluster } from '../../support/programs/app.ts'
import { get, load } from '../../support/programs/load.ts'
import { type Sample, select, sum } from '../../support/prometheus/page.ts'

const count = 'http_server_request_duration_seconds_count'
const active = 'http_server_active_requests'

describe('The metrics by route', () => {
  test('count each request once over all workers, with the conventional attributes', async () => {
    await withCluster({ WORKERS: '4' }, async (app, port) => {
      const paths = ['/pid', '/status?code=503', '/echo', '/nowhere', '/status?code=204']
      await load({ port, paths, methods: ['GET', 'POST', 'PURGE'], count: 3_000, connections: 12 })
      await eventually(async () => {
        const page = await app.page()
        assert.equal(sum(page, 'gunicorn_worker_requests_total'), 3_000)
        assert.equal(sum(page, count), 3_000)
        assert.equal(sum(page, active), 0)
        for (const { labels } of select(page, count)) assert.ok(!('worker_id' in labels))
        assert.deepEqual(seriesOf(page, 'GET'), [
          '/echo 200 - 1.1 http',
          '/pid 200 - 1.1 http',
          '/status 204 - 1.1 http',
          '/status 503 503 1.1 http',
          '_UNMATCHED 404 - 1.1 http',
        ])
        assert.deepEqual([...new Set(select(page, count).map(methodOf))].sort(), [
          'GET',
          'POST',
          '_OTHER',
        ])
      })
    })
  })

  test('keep the worker_id if the setting says so', async () => {
    const env = { WORKERS: '2', GUNICORN_KEEP_WORKER_ID: 'true' }
    await withCluster(env, async (app, port) => {
      for (let index = 0; index < 20; index += 1) await get(port, '/pid')
      await eventually(async () => {
        const page = await app.page()
        assert.equal(sum(page, count), 20)
        assert.equal(new Set(select(page, count).map(({ labels }) => labels['worker_id'])).size, 2)
      })
    })
  })

  test('stand back for an instrumentation that makes them', async () => {
    const env = { WORKERS: '2', GUNICORN_INSTRUMENTATIONS: 'http' }
    await withCluster(env, async (app, port) => {
      for (let index = 0; index < 20; index += 1) await get(port, '/pid')
      await eventually(async () => {
        const page = await app.page()
        assert.equal(sum(page, 'gunicorn_worker_requests_total'), 20)
        assert.equal(sum(page, count), 20)
        // This instrumentation knows no route of a plain server.
        assert.deepEqual(
          select(page, count).filter(({ labels }) => 'http_route' in labels),
          [],
        )
        assert.deepEqual(select(page, active), [])
      })
    })
  })
})

describe('The settings of the metrics by route', () => {
  test('turn them off', async () => {
    await withCluster({ WORKERS: '1', GUNICORN_HTTP_METRICS: 'off' }, async (app, port) => {
      await get(port, '/pid')
      await eventually(async () => {
        const page = await app.page()
        assert.equal(sum(page, 'gunicorn_worker_requests_total'), 1)
        assert.deepEqual(
          page.filter(({ name }) => name.startsWith('http_')),
          [],
        )
      })
    })
  })

  test('exclude, group, fold paths, add sizes, and leave out long polls', async () => {
    const env = {
      WORKERS: '1',
      GUNICORN_HTTP_EXCLUDE: '/pid',
      GUNICORN_HTTP_EXCLUDE_METHODS: 'HEAD',
      GUNICORN_HTTP_STATUS_GROUPS: 'true',
      GUNICORN_HTTP_BODY_SIZES: 'true',
      GUNICORN_HTTP_PATH_RULES: '/fail/*/x => /fail/:what,/status',
      GUNICORN_HTTP_LONG_POLLS: '/echo/**',
    }
    await withCluster(env, async (app, port) => {
      const paths = ['/pid', '/fail/a/x', '/fail/b/x', '/status?code=201', '/size?bytes=7', '/echo']
      for (const path of paths) await get(port, path)
      await load({ port, paths: ['/'], methods: ['HEAD'], count: 1, connections: 1 })
      await eventually(async () => {
        const page = await app.page()
        assert.equal(sum(page, 'gunicorn_worker_requests_total'), 7)
        assert.equal(sum(page, 'gunicorn_worker_request_duration_seconds_count'), 6)
        assert.deepEqual(seriesOf(page, 'GET'), [
          '/fail/:what 5xx 5xx 1.1 http',
          '/size 2xx - 1.1 http',
          '/status 2xx - 1.1 http',
        ])
        assert.equal(sum(page, count), 4)
        const size = { http_route: '/size' }
        assert.equal(sum(page, 'http_server_response_body_size_bytes_sum', size), 7)
        assert.equal(sum(page, 'http_server_request_body_size_bytes_count'), 4)
      })
    })
  })
})

describe('The application itself names routes and tells errors', () => {
  for (const SERVER of ['http1', 'http2']) {
    test(`of ${SERVER}`, async () => {
      const app = await startApp({ file: 'apps/routes/own-routes.cjs', env: { SERVER } })
      try {
        const port = await app.ready()
        const paths = [
          '/items/a',
          '/items/b',
          '/wrapped',
          '/context',
          '/items/quota',
          '/cached',
          '/else',
        ]
        const send = SERVER === 'http2' ? getHttp2 : get
        for (const path of paths) await send(port, path)
        const version = SERVER === 'http2' ? '2' : '1.1'
        await eventually(async () => {
          const page = await app.page()
          assert.deepEqual(seriesOf(page, 'GET'), [
            `/cached 200 QuotaError ${version} http`,
            `/context 200 - ${version} http`,
            `/else 200 - ${version} http`,
            `/items/{item} 200 - ${version} http`,
            `/items/{item} 429 - ${version} http`,
            `/wrapped 200 - ${version} http`,
          ])
          assert.equal(sum(page, count, { http_route: '/items/{item}' }), 3)
          const told = { endpoint: '/items/{item}', error_type: 'QuotaError' }
          const cached = { ...told, endpoint: '/cached', status_code: '200' }
          assert.equal(sum(page, 'gunicorn_worker_failed_requests_total', cached), 1)
          assert.equal(sum(page, 'gunicorn_worker_failed_requests_total', told), 1)
          assert.equal(sum(page, 'gunicorn_worker_error_handling_total', told), 1)
        })
        assert.equal(app.stderr(), '')
      } finally {
        await app.stop()
      }
    })
  }

  test('without an effect in a process without an exporter', async () => {
    const app = await startApp({ file: 'apps/routes/own-routes.cjs', preload: 'none' })
    try {
      const { status } = await get(await app.ready(), '/items/a')
      assert.deepEqual([status, app.stderr()], [200, ''])
    } finally {
      await app.stop()
    }
  })
})

async function getHttp2(port: number, path: string): Promise<void> {
  const session = connect(`http://127.0.0.1:${port}`)
  const stream = session.request({ ':path': path })
  stream.resume()
  await once(stream, 'close')
  session.close()
}

function seriesOf(page: readonly Sample[], method: string): string[] {
  const names = [
    'http_route',
    'http_response_status_code',
    'error_type',
    'network_protocol_version',
    'url_scheme',
  ]
  return select(page, count, { http_request_method: method })
    .map(({ labels }) => names.map((name) => labels[name] ?? '-').join(' '))
    .sort()
}

function methodOf({ labels }: Sample): string | undefined {
  return labels['http_request_method']
}
