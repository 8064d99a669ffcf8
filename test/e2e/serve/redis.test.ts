import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { type App, eventually, fetchText, startApp } from '../../support/programs/app.ts'
import { type Sidecar, startServe } from '../../support/programs/serve.ts'
import { underLoad } from '../../support/programs/steady-load.ts'
import { faultsOf } from '../../support/prometheus/exposition.ts'
import { select, sum } from '../../support/prometheus/page.ts'
import { type RedisServer, sharing, startRedis } from '../../support/redis/redis.ts'
import { burden, countsOf } from '../../support/redis/sharing.ts'

describe('serve over Redis', () => {
  test('shows the exact counts, the state, and the age of every cluster', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const apps = [await startCluster(context, redis), await startCluster(context, redis)]
    for (const [index, app] of apps.entries()) await burden([app], 200 + index)
    const sidecar = await startSidecar(context, redis)
    await eventually(async () => {
      const page = await sidecar.page()
      assert.deepEqual(countsOf(page), [200, 201])
      assert.equal(sum(page, 'gunicorn_sidecar_redis_connected'), 1)
      assert.equal(sum(page, 'gunicorn_sidecar_instances', { origin: 'redis', state: 'live' }), 2)
      assert.equal(select(page, 'gunicorn_sidecar_instance_age_seconds').length, 2)
      assert.ok(sum(page, 'gunicorn_sidecar_uptime_seconds') > 0)
      assert.ok(sum(page, 'gunicorn_sidecar_reads_total', { result: 'success' }) > 1)
      assert.deepEqual(select(page, 'gunicorn_sidecar_multiproc_files_count'), [])
    })
    assert.deepEqual(faultsOf(await fetchText(sidecar.metricsUrl), 'prometheus'), [])
    const { origins } = await sidecar.status()
    assert.deepEqual(
      origins.map(({ name, connected, lastError }) => ({ name, connected, lastError })),
      [{ name: 'redis', connected: true, lastError: null }],
    )
    assert.deepEqual(
      origins.flatMap(({ sources }) => sources.map(({ state }) => state)),
      ['live', 'live'],
    )
    assert.equal((await sidecar.probe('/readyz')).status, 200)
  })

  test('keeps its page without Redis, reports the outage, and recovers', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const app = await startCluster(context, redis)
    const sidecar = await startSidecar(context, redis)
    await burden([app], 100)
    await eventually(async () => assert.deepEqual(countsOf(await sidecar.page()), [100]))
    const port = await app.ready()
    const { completed, failures } = await underLoad({ port, connections: 2 }, async (load) => {
      await redis.kill()
      // The instance still counts as live. But no origin can say so: the sidecar is not ready.
      await eventually(async () => {
        const page = await sidecar.page()
        assert.equal(sum(page, 'gunicorn_sidecar_redis_connected'), 0)
        assert.equal(sum(page, 'gunicorn_sidecar_instances', { state: 'live' }), 1)
        const { status, text } = await sidecar.probe('/readyz')
        assert.equal(status, 503)
        assert.match(text, /^No instance is live\. redis cannot be read \(.+\); .* 1 instance from/)
      })
      await eventually(async () => {
        const page = await sidecar.page()
        assert.equal(sum(page, 'gunicorn_sidecar_redis_connected'), 0)
        assert.equal(sum(page, 'gunicorn_sidecar_instances', { state: 'stale' }), 1)
        assert.ok(sum(page, 'gunicorn_sidecar_read_age_seconds') > 1)
        assert.ok(sum(page, 'gunicorn_sidecar_instance_age_seconds') > 1)
        const [count = 0, ...others] = countsOf(page)
        assert.ok(count >= 100)
        assert.deepEqual(others, [])
        assert.equal((await sidecar.probe('/readyz')).status, 503)
        assert.equal((await sidecar.probe('/healthz')).status, 200)
        const { origins } = await sidecar.status()
        assert.match(origins[0]?.lastError ?? '', /ECONNREFUSED|closed|reached/)
      })
      await redis.start()
      const before = load.completed()
      await eventually(async () => {
        const page = await sidecar.page()
        const [count = 0, ...others] = countsOf(page)
        assert.ok(count > before)
        assert.deepEqual(others, [])
        assert.equal(sum(page, 'gunicorn_sidecar_redis_connected'), 1)
        assert.equal((await sidecar.probe('/readyz')).status, 200)
      })
    })
    assert.deepEqual(failures, [])
    await eventually(async () =>
      assert.deepEqual(countsOf(await sidecar.page()), [100 + completed]),
    )
    assert.match(sidecar.stderr(), /\[WARNING\].*cannot be/)
    assert.match(sidecar.stderr(), /by Redis again/)
  })

  test('starts before its Redis and exits with 0 at SIGTERM and SIGINT', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    await redis.kill()
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const sidecar = await startSidecar(context, redis)
      const { status, text } = await sidecar.probe('/readyz')
      assert.equal(status, 503)
      assert.match(text, /No instance is live/)
      assert.equal(sum(await sidecar.page(), 'gunicorn_sidecar_redis_connected'), 0)
      sidecar.child.kill(signal)
      assert.deepEqual(await sidecar.ended, { code: 0, signal: null })
    }
    const sidecar = await startSidecar(context, redis)
    await redis.start()
    const app = await startCluster(context, redis)
    await burden([app], 50)
    await eventually(async () => assert.deepEqual(countsOf(await sidecar.page()), [50]))
    sidecar.child.kill('SIGTERM')
    assert.deepEqual(await sidecar.ended, { code: 0, signal: null })
  })

  test('has the protections of the endpoint and shows no password', async (context) => {
    const redis = await startRedis(context, {
      flags: ['--requirepass', 'right-hush'],
      client: { password: 'right-hush' },
    })
    if (!redis) return
    const env = { PROMETHEUS_AUTH_BEARER_TOKEN: 'a-token', PROMETHEUS_PROBES_OPEN: 'true' }
    const args = ['--redis-url', `redis://:wrong-hush@127.0.0.1:${redis.port}`]
    const sidecar = await startServe({ args, env })
    context.after(() => sidecar.stop())
    assert.equal((await fetch(sidecar.metricsUrl)).status, 401)
    const headers = { authorization: 'Bearer a-token' }
    await eventually(async () => {
      const status = await fetchText(sidecar.metricsUrl.replace('metrics', 'status'), headers)
      assert.match(status, /WRONGPASS|NOAUTH|invalid/)
    })
    const page = await fetchText(sidecar.metricsUrl, headers)
    assert.match(page, /^gunicorn_sidecar_redis_connected 0$/m)
    assert.doesNotMatch(`${page}${sidecar.stderr()}`, /wrong-hush/)
  })
})

async function startCluster(context: TestContext, { port }: RedisServer): Promise<App> {
  const app = await startApp({ file: 'apps/cluster/cluster.cjs', env: sharing(port) })
  context.after(() => app.stop())
  await app.ready()
  return app
}

async function startSidecar(context: TestContext, { port }: RedisServer): Promise<Sidecar> {
  const sidecar = await startServe({ env: sharing(port) })
  context.after(() => sidecar.stop())
  return sidecar
}
