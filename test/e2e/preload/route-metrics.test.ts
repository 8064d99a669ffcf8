import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { collectLimits } from '../../../src/limits/collect.ts'
import { eventually, startApp, withCluster } from '../../support/programs/app.ts'
import { get, load } from '../../support/programs/load.ts'
import { type Sample, select, sum } from '../../support/prometheus/page.ts'

const count = 'http_server_request_duration_seconds_count'
const active = 'http_server_active_requests'

describe('The metrics by route', () => {
  test('count each request once over all workers, with the attributes of the conventions', async () => {
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

describe('A scanner without a password takes no name from a route', () => {
  interface Row {
    readonly router: string
    readonly endpoint: string
    readonly error: string
    readonly unmatched: number
  }

  const behind = { endpoint: '/api/users/:userId/boom', error: 'SyntaxError', unmatched: 420 }
  // The folded names are used up, but not by the 401s.
  const without = { endpoint: '_OTHER', error: '500', unmatched: 210 }

  test('behind a router', () => attack({ router: 'yes', ...behind }))
  test('without a router', () => attack({ router: 'no', ...without }))

  async function attack({ router, endpoint, error, unmatched }: Row): Promise<void> {
    const app = await startApp({ file: 'apps/routes/guarded.mjs', env: { ROUTER: router } })
    try {
      const port = await app.ready()
      for (let index = 0; index < 210; index += 1) await get(port, `/${wordOf(index)}`)
      // Answered with 200 by the plain server.
      for (let index = 0; index < 210; index += 1) await get(port, `/ok${wordOf(index)}`)
      for (let index = 0; index < 5; index += 1) await get(port, `/api/users/${index}/boom`)
      await eventually(async () => {
        const page = await app.page()
        const labels = { endpoint, error_type: error }
        assert.equal(sum(page, 'gunicorn_worker_failed_requests_total', labels), 5)
        assert.equal(sum(page, count, { http_route: endpoint, error_type: error }), 5)
        assert.equal(sum(page, count, { http_route: '_UNMATCHED' }), unmatched)
        assert.equal(sum(page, count), 425)
        const names = new Set(select(page, count).map(({ labels: each }) => each['http_route']))
        assert.ok(names.size <= collectLimits.foldedPaths + 3, `${names.size} routes`)
      })
    } finally {
      await app.stop()
    }
  }
})

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

/** A word without digits, because a digit can make a path segment an id. */
function wordOf(index: number): string {
  return String(index).replaceAll(/\d/g, (digit) => 'abcdefghij'[Number(digit)] ?? '')
}
