import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, type TestContext, test } from 'node:test'
import { type App, eventually, freePort } from '../../support/programs/app.ts'
import { load } from '../../support/programs/load.ts'
import { select, sum } from '../../support/prometheus/page.ts'
import { prometheusTools, startPrometheus } from '../../support/prometheus/prometheus.ts'
import { type RedisServer, startRedis } from '../../support/redis/redis.ts'
import {
  burden,
  countsByInstance,
  requestTotal,
  startSharing,
  statusOf,
} from '../../support/redis/sharing.ts'
import { needed } from '../../support/tools.ts'

const orders = 'orders_total'
const pushed = { file: 'apps/cluster/pushed.cjs', env: { END: 'exit' } } as const

describe('A primary that restarts in its service slot', () => {
  test('continues its totals after SIGKILL and keeps its dead workers a while', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const { observer, start, instanceOf } = await scene(context, redis)
    let orderCount = 0
    for (const count of [100, 50, 25]) {
      const app = await start()
      await load({ port: await app.ready(), paths: ['/'], count, connections: 4 })
      orderCount += count
      const instance = await instanceOf(app)
      for (const each of [app, observer]) {
        await eventually(async () => {
          const page = await each.page()
          assert.equal(sum(page, orders, { instance }), orderCount)
          assert.equal(sum(page, 'amount_sum', { instance }), 25 * orderCount)
          assert.equal(sum(page, 'amount_bucket', { instance, le: '100.0' }), orderCount)
          assert.equal(sum(page, requestTotal, { instance }), orderCount)
          // The state of an ended cluster is unknown.
          assert.equal(select(page, 'gunicorn_worker_memory_bytes', { instance }).length, 2)
        })
      }
      await kill(app)
    }
    const names = [...countsByInstance(await observer.page()).keys()]
    assert.equal(names.length, 2, String(names))
  })

  test('continues the counters of its primary', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const { observer, start, instanceOf } = await scene(context, redis)
    const signals = async (instance: string): Promise<number> =>
      sum(await observer.page(), 'gunicorn_master_worker_restart_total', {
        instance,
        reason: 'hup',
      })
    for (const expected of [2, 4]) {
      const app = await start({ file: 'apps/cluster/cluster.cjs' })
      const instance = await instanceOf(app)
      for (const sent of [expected - 1, expected]) {
        app.child.kill('SIGHUP')
        await eventually(async () => assert.equal(await signals(instance), sent))
      }
      await kill(app)
    }
  })

  test('appears on pages of peers that never saw its predecessor', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const { observer, start, instanceOf } = await scene(context, redis)
    const { app: first, instance } = await counted(await start(), observer)
    // The observer never reads the second cluster.
    observer.child.kill('SIGSTOP')
    context.after(() => observer.child.kill('SIGCONT'))
    await kill(first)
    const second = await start()
    assert.equal(await instanceOf(second), instance)
    await eventually(async () => assert.ok((await statusOf(second)).totalPublishes > 1))
    await kill(second)
    const third = await start()
    await eventually(async () => assert.ok((await statusOf(third)).totalPublishes > 1))
    observer.child.kill('SIGCONT')
    await load({ port: await third.ready(), paths: ['/'], count: 50, connections: 4 })
    for (const app of [third, observer]) {
      await eventually(async () => assert.equal(sum(await app.page(), orders, { instance }), 90))
    }
    const page = await observer.page()
    assert.equal(sum(page, 'gunicorn_exporter_redis_peers', { state: 'name_conflict' }), 0)
    assert.equal(countsByInstance(page).size, 2)
  })

  test('continues the totals past a predecessor that died before it wrote', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const { observer, start, instanceOf } = await scene(context, redis)
    const { app: first, instance } = await counted(await start(), observer)
    await kill(first)
    const all = ['resetkeys', '~*'] as const
    const places = [
      '~{gunicorn}:metrics:lease:*',
      '~{gunicorn}:metrics:successor:*',
      '%R~*',
    ] as const
    await redis.ask('ACL', 'SETUSER', 'default', 'resetkeys', ...places)
    const second = await start()
    assert.equal(await instanceOf(second), instance)
    await eventually(async () =>
      assert.match((await statusOf(second)).lastError ?? '', /NOPERM|permission/),
    )
    await kill(second)
    await redis.ask('ACL', 'SETUSER', 'default', ...all)
    const third = await start()
    await load({ port: await third.ready(), paths: ['/'], count: 50, connections: 4 })
    for (const app of [third, observer]) {
      await eventually(async () => assert.equal(sum(await app.page(), orders, { instance }), 90))
    }
    const sources = (await redis.ask('KEYS', '{gunicorn}:metrics:source:*')) as unknown[]
    assert.equal(sources.length, 2)
  })

  test('loses nothing when it ends in order, a burst before its end included', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const { start, instanceOf } = await scene(context, redis)
    const first = await start()
    const instance = await instanceOf(first)
    await load({ port: await first.ready(), paths: ['/'], count: 1_500, connections: 8 })
    first.child.kill('SIGUSR2')
    assert.deepEqual(await first.ended, { code: 3, signal: null })
    const second = await start()
    await eventually(async () => {
      const page = await second.page()
      assert.equal(sum(page, orders, { instance }), 1_500)
      assert.equal(sum(page, requestTotal, { instance }), 1_500)
    })
  })

  test('is found again after Redis has been emptied', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const { observer, start, instanceOf } = await scene(context, redis)
    const first = await start()
    const instance = await instanceOf(first)
    await load({ port: await first.ready(), paths: ['/'], count: 30, connections: 4 })
    await redis.ask('FLUSHALL')
    await eventually(async () => {
      const leases = (await redis.ask('KEYS', '{gunicorn}:metrics:lease:*')) as unknown[]
      assert.equal(leases.length, 2)
      assert.equal(sum(await observer.page(), orders, { instance }), 30)
    })
    const { totalPublishes } = await statusOf(first)
    await eventually(async () =>
      assert.ok((await statusOf(first)).totalPublishes > totalPublishes + 5),
    )
    await kill(first)
    const second = await start()
    assert.equal(await instanceOf(second), instance)
    await eventually(async () => assert.equal(sum(await second.page(), orders, { instance }), 30))
  })

  test('continues the dead process among several of one service', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    // Any port, because the service slot must be the same for all.
    const env = { PROMETHEUS_METRICS_PORT: '0' }
    const [observer] = await startSharing(context, redis, {})
    const apps = await startSharing(context, redis, { number: 3, env })
    await burden(apps, 40)
    const counts = async (): Promise<number[]> => {
      const found = countsByInstance((await observer?.page()) ?? [])
      return [...found.values()].filter((count) => count > 0).sort((one, other) => one - other)
    }
    await eventually(async () => assert.deepEqual(await counts(), [40, 41, 42]))
    const [, second] = apps
    assert.ok(second)
    await kill(second)
    const [again] = await startSharing(context, redis, { env })
    assert.ok(again)
    await burden([again], 100)
    await eventually(async () => assert.deepEqual(await counts(), [40, 42, 141]))
  })

  test('never shares a given service.instance.id with a live process', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const env = { OTEL_RESOURCE_ATTRIBUTES: 'service.name=shop,service.instance.id=shop-1' }
    const apps = await startSharing(context, redis, { number: 2, env })
    await burden(apps, 20)
    for (const app of apps) {
      await eventually(async () => {
        const found = countsByInstance(await app.page())
        assert.deepEqual([...found.values()].sort(), [20, 21])
        const [plain, longer] = [...found.keys()].sort()
        assert.equal(plain, 'shop-1')
        assert.match(longer ?? '', /^shop-1-[\da-f]{8}$/)
      })
    }
    for (const app of apps) await kill(app)
    const [again] = await startSharing(context, redis, { env })
    await eventually(async () => {
      const found = countsByInstance((await again?.page()) ?? [])
      assert.ok(found.has('shop-1'), String([...found]))
      assert.equal(found.size, 2)
    })
  })

  test('lets no counter fall in a real Prometheus', async (context) => {
    const tools = needed(context, await prometheusTools())
    const redis = tools && (await startRedis(context))
    if (!redis) return
    const { observer, start, instanceOf } = await scene(context, redis)
    const target = new URL(observer.metricsUrl).host
    const { prometheus } = tools
    const config = `
global: { scrape_interval: 200ms }
scrape_configs:
  - { job_name: all, honor_labels: true, static_configs: [{ targets: ['${target}'] }] }`
    const server = await startPrometheus({ prometheus, config })
    context.after(server.stop)
    let orderCount = 0
    for (const count of [60, 30, 15]) {
      const app = await start()
      await load({ port: await app.ready(), paths: ['/'], count, connections: 4 })
      orderCount += count
      const instance = await instanceOf(app)
      await eventually(async () => {
        const [result] = await server.query(`sum(${orders}{instance="${instance}"})`)
        assert.equal(result?.value, orderCount)
      })
      await kill(app)
    }
    for (const name of [
      orders,
      'amount_count',
      'gunicorn_master_worker_restart_total',
      requestTotal,
    ]) {
      const resets = await server.query(`resets(${name}[10m])`)
      assert.ok(resets.length > 0, name)
      assert.deepEqual(
        resets.filter(({ value }) => value > 0),
        [],
      )
    }
  })
})

test('A cluster that is silent for the time to live disappears from all pages', async (context) => {
  const redis = await startRedis(context)
  if (!redis) return
  const env = { REDIS_TTL_SECONDS: '2' }
  const [observer, mortal] = await startSharing(context, redis, { number: 2, env })
  assert.ok(observer && mortal)
  const names = async (): Promise<number> => countsByInstance(await observer.page()).size
  await eventually(async () => assert.equal(await names(), 2))
  await kill(mortal)
  await eventually(async () => assert.equal(await names(), 1))
  const keys = (await redis.ask('KEYS', '{gunicorn}:metrics:source:*')) as unknown[]
  assert.equal(keys.length, 1)
})

test('Without a time to live, an ended cluster stays', async (context) => {
  const redis = await startRedis(context)
  if (!redis) return
  const env = { REDIS_TTL_SECONDS: '1', REDIS_TTL_DISABLED: 'true' }
  const [observer, mortal] = await startSharing(context, redis, { number: 2, env })
  assert.ok(observer && mortal)
  await burden([mortal], 10)
  const counts = async (): Promise<number[]> =>
    [...countsByInstance(await observer.page()).values()].sort()
  await eventually(async () => assert.deepEqual(await counts(), [0, 10]))
  await kill(mortal)
  await eventually(async () => {
    const page = await observer.page()
    assert.equal(sum(page, 'gunicorn_exporter_redis_peers', { state: 'stale' }), 1)
  })
  assert.deepEqual(await counts(), [0, 10])
  for (const key of (await redis.ask('KEYS', '{gunicorn}:metrics:source:*')) as string[]) {
    assert.equal(await redis.ask('PTTL', key), -1)
  }
})

interface Scene {
  readonly observer: App
  /** Starts the application in the same service slot. */
  readonly start: (options?: { readonly file: string }) => Promise<App>
  readonly instanceOf: (app: App) => Promise<string>
}

async function scene(context: TestContext, redis: RedisServer): Promise<Scene> {
  const [observer] = await startSharing(context, redis, { env: { WORKERS: '1' } })
  assert.ok(observer)
  const port = String(await freePort())
  return {
    observer,
    async start(options = pushed) {
      const env = { ...pushed.env, PROMETHEUS_METRICS_PORT: port }
      const [app] = await startSharing(context, redis, { ...options, env })
      assert.ok(app)
      return app
    },
    instanceOf: async (app) =>
      await eventually(async () => {
        const { instance } = await statusOf(app)
        assert.ok(instance)
        return instance
      }),
  }
}

/** Takes 40 orders and waits until the observer shows the orders. */
async function counted(
  app: App,
  observer: App,
): Promise<{ readonly app: App; readonly instance: string }> {
  await load({ port: await app.ready(), paths: ['/'], count: 40, connections: 4 })
  const instance = await eventually(async () => {
    const page = await observer.page()
    const found = select(page, orders).find(({ value }) => value === 40)?.labels['instance']
    assert.ok(found)
    return found
  })
  return { app, instance }
}

async function kill(app: App): Promise<void> {
  const ended = once(app.child, 'exit')
  app.child.kill('SIGKILL')
  await ended
  await app.stop()
}
