import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { scratchDirectory } from '../../support/endpoint/certificates.ts'
import { type App, eventually, freePort, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { underLoad } from '../../support/programs/steady-load.ts'
import { select, sum } from '../../support/prometheus/page.ts'
import { type RedisServer, sharing, startRedis } from '../../support/redis/redis.ts'
import {
  countsByInstance,
  requestTotal,
  startSharing,
  statusOf,
} from '../../support/redis/sharing.ts'

/** Duration of an outage. The variable allows longer outages. */
const outageMs = 1_000 * Number(process.env['OUTAGE_SECONDS'] ?? 2)
const directory = scratchDirectory()

interface Outage {
  readonly name: string
  readonly begin: (redis: RedisServer) => Promise<unknown>
  readonly end: (redis: RedisServer) => Promise<unknown>
  /** The error on stderr and in the status; undefined for an outage without an error. */
  readonly error: RegExp | undefined
}

const outages: readonly Outage[] = [
  {
    name: 'stopped',
    begin: ({ kill }) => kill(),
    end: ({ start }) => start(),
    error: /ECONNREFUSED|closed|ended/,
  },
  {
    name: 'hung',
    begin: async ({ suspend }) => suspend(),
    end: async ({ resume }) => resume(),
    error: undefined,
  },
  {
    name: 'paused',
    begin: ({ ask }) => ask('CLIENT', 'PAUSE', outageMs, 'ALL'),
    end: () => sleep(outageMs / 4),
    error: undefined,
  },
  {
    name: 'flushed',
    begin: ({ ask }) => ask('FLUSHALL'),
    end: ({ ask }) => ask('FLUSHALL'),
    error: undefined,
  },
  {
    name: 'full',
    begin: ({ ask }) => ask('CONFIG', 'SET', 'maxmemory', '1'),
    end: ({ ask }) => ask('CONFIG', 'SET', 'maxmemory', '0'),
    error: /OOM/,
  },
  {
    name: 'read-only',
    begin: ({ ask }) => ask('REPLICAOF', '127.0.0.1', '1'),
    end: ({ ask }) => ask('REPLICAOF', 'NO', 'ONE'),
    error: /READONLY/,
  },
  {
    name: 'closed to us',
    begin: ({ ask }) => ask('CONFIG', 'SET', 'requirepass', 'unheard-of'),
    end: ({ ask }) => ask('CONFIG', 'SET', 'requirepass', ''),
    error: undefined,
  },
]

describe('While Redis is', () => {
  for (const outage of outages) {
    test(`${outage.name}, the application serves and keeps its totals`, async (context) => {
      const redis = await startRedis(context)
      if (!redis) return
      const [one, other] = await startSharing(context, redis, { number: 2 })
      assert.ok(one && other)
      const port = await one.ready()
      const { completed, failures } = await underLoad({ port, connections: 4 }, async (load) => {
        await eventually(() => assert.ok(load.completed() > 100))
        await outage.begin(redis)
        await assertNoticed(one, outage)
        await assertServing(one, load.completed)
        await sleep(outageMs)
        await outage.end(redis)
        const before = load.completed()
        await eventually(() => assert.ok(load.completed() > before + 200))
      })
      assert.deepEqual(failures, [])
      await get(await other.ready(), '/')
      for (const app of [one, other]) {
        await assertCounts(app, [1, completed])
        assert.doesNotMatch(app.stderr(), /thread ended/)
      }
    })
  }
})

test('The page keeps its peers during an outage', async (context) => {
  const redis = await startRedis(context)
  if (!redis) return
  const [one, other] = await startSharing(context, redis, { number: 2 })
  assert.ok(one && other)
  await get(await other.ready(), '/')
  await assertCounts(one, [0, 1])
  await redis.kill()
  await eventually(async () => {
    const page = await one.page()
    const instance = select(page, 'gunicorn_exporter_redis_connected').find(
      ({ value }) => value === 0,
    )
    assert.ok(instance)
    assert.equal(
      sum(page, 'gunicorn_exporter_redis_peers', { ...instance.labels, state: 'stale' }),
      1,
    )
  })
  await assertCounts(one, [0, 1])
})

test('A process is not connected to a Redis that hangs', async (context) => {
  const redis = await startRedis(context)
  if (!redis) return
  // The kernel still accepts connections.
  redis.suspend()
  const [app] = await startSharing(context, redis, {})
  assert.ok(app)
  const seen: boolean[] = []
  await eventually(async () => {
    const { connected, totalFailures } = await statusOf(app)
    seen.push(connected)
    assert.ok(totalFailures > 0)
  }, 60_000)
  assert.ok(!seen.includes(true))
  redis.resume()
  await eventually(async () => assert.ok((await statusOf(app)).connected))
})

test('A process that starts without Redis shows itself and is shared later', async (context) => {
  const redis = await startRedis(context)
  if (!redis) return
  await redis.kill()
  const [one, other] = await startSharing(context, redis, { number: 2 })
  assert.ok(one && other)
  for (const app of [one, other]) {
    await get(await app.ready(), '/')
    await assertCounts(app, [1])
  }
  const before = [...countsByInstance(await one.page()).keys()]
  await redis.start()
  for (const app of [one, other]) await assertCounts(app, [1, 1])
  assert.ok(countsByInstance(await one.page()).has(before[0] ?? ''), 'it took another name')
})

for (const [how, begin] of [
  ['there', async () => {}],
  ['stopped', ({ kill }: RedisServer) => kill()],
  ['hung', async ({ suspend }: RedisServer) => suspend()],
] as const) {
  test(`A process without work ends in order while Redis is ${how}`, async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const env = { WORKERS: '0', END: 'natural' }
    const [app] = await startSharing(context, redis, { file: 'apps/cluster/pushed.cjs', env })
    assert.ok(app)
    await eventually(async () => assert.ok((await statusOf(app)).totalPublishes > 2))
    await begin(redis)
    app.child.kill('SIGUSR2')
    assert.deepEqual(await app.ended, { code: 0, signal: null })
  })
}

test('No password reaches a log, a status, or a page', async (context) => {
  const client = { password: 'another' }
  const redis = await startRedis(context, { flags: ['--requirepass', client.password], client })
  if (!redis) return
  const secret = 'hunter2-größe'
  const file = join(directory, 'password')
  writeFileSync(file, `${secret}\n`)
  for (const env of [
    { REDIS_PASSWORD: secret },
    { REDIS_PASSWORD_FILE: file },
    {
      REDIS_PORT: '',
      REDIS_URL: `redis://user:${encodeURIComponent(secret)}@127.0.0.1:${redis.port}/0`,
    },
    {
      REDIS_PORT: '',
      REDIS_URL: `redis://user:${encodeURIComponent(secret)}@127.0.0.1:${await freePort()}/0`,
    },
    { REDIS_PASSWORD: secret, REDIS_CLUSTER_NODES: `127.0.0.1:${redis.port}` },
  ]) {
    const app = await startApp({
      file: 'apps/single/single.cjs',
      env: { ...sharing(redis.port), OTEL_LOG_LEVEL: 'debug', DEBUG: '*', ...env },
    })
    context.after(() => app.stop())
    await app.ready()
    const status = await eventually(async () => {
      const text = await (await fetch(app.metricsUrl.replace('metrics', 'status'))).text()
      assert.match(text, /"lastError":"[^"]+"/)
      assert.match(app.stderr(), /cannot be shared by Redis/)
      return text
    })
    const page = await (await fetch(app.metricsUrl)).text()
    for (const text of [status, page, app.stderr(), app.stdout()]) {
      assert.ok(!text.includes('hunter2'), text)
    }
    await app.stop()
  }
})

async function assertNoticed(app: App, { error }: Outage): Promise<void> {
  if (!error) return
  await eventually(async () => {
    const failures = sum(await app.page(), 'gunicorn_exporter_redis_publishes_total', {
      result: 'failure',
    })
    assert.ok(failures > 0)
    const status = await (await fetch(app.metricsUrl.replace('metrics', 'status'))).text()
    assert.match(status, error)
    assert.match(app.stderr(), error)
  })
}

/** Checks that the page and the application respond, and that the page counts requests. */
async function assertServing(app: App, completed: () => number): Promise<void> {
  const before = completed()
  await eventually(async () => {
    const page = await app.page()
    const most = Math.max(...countsByInstance(page).values())
    assert.ok(most > before, `${most} of ${before}`)
  })
}

async function assertCounts(app: App, expected: readonly number[]): Promise<void> {
  await eventually(async () => {
    const page = await app.page()
    assert.deepEqual(
      [...countsByInstance(page).values()].sort((a, b) => a - b),
      expected,
    )
    assert.equal(
      select(page, requestTotal).every(({ labels }) => labels['instance']),
      true,
    )
  })
}
