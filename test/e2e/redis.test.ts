import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { type App, type AppOptions, eventually, startApp } from '../support/app.ts'
import { load } from '../support/load.ts'
import { type Sample, select, sum } from '../support/page.ts'
import { type RedisServer, sharing, startRedis } from '../support/redis.ts'

const total = 'gunicorn_worker_requests_total'

describe('clusters that share one Redis', () => {
  test('are all on the page of each, with exact counts and one name each', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const apps = await startApps(context, redis, { number: 2 })
    await burden(apps, 300)
    for (const app of apps) {
      await eventually(async () => {
        const page = await app.page()
        assert.deepEqual([...counts(page)].map(([, count]) => count).sort(), [300, 301])
        assert.ok(page.every(({ labels }) => labels['instance']))
        assert.equal(sum(page, 'gunicorn_exporter_redis_connected'), 2)
        assert.equal(sum(page, 'gunicorn_master_workers', { state: 'live' }), 4)
      })
    }
    const [one, other] = await Promise.all(
      apps.map(async (app) => [...counts(await app.page()).keys()]),
    )
    assert.deepEqual(one?.sort(), other?.sort())
  })
})

async function startApps(
  context: TestContext,
  { port }: RedisServer,
  { number, ...options }: Partial<AppOptions> & { readonly number: number },
): Promise<App[]> {
  return await Promise.all(
    Array.from({ length: number }, async () => {
      const env = { ...sharing(port), ...options.env }
      const app = await startApp({ file: 'apps/cluster.cjs', ...options, env })
      context.after(() => app.stop())
      await app.ready()
      return app
    }),
  )
}

/** Requests to all, one more to each than to the one before. */
async function burden(apps: readonly App[], count: number): Promise<void> {
  await Promise.all(
    apps.map(async (app, index) => {
      const port = await app.ready()
      await load({ port, paths: ['/'], count: count + index, connections: 4 })
    }),
  )
}

/** Requests by instance. */
function counts(page: readonly Sample[]): Map<string, number> {
  const instances = new Set(select(page, total).map(({ labels }) => labels['instance'] ?? ''))
  return new Map([...instances].map((instance) => [instance, sum(page, total, { instance })]))
}
