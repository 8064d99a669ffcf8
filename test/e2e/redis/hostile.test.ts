import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { encodePeerState } from '../../../src/share/peers/peer-state.ts'
import { type App, eventually, fetchText } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { faultsOf } from '../../support/prometheus/exposition.ts'
import { parsePage, sum } from '../../support/prometheus/page.ts'
import { startRedis } from '../../support/redis/redis.ts'
import { burden, countsByInstance, startSharing, statusOf } from '../../support/redis/sharing.ts'
import { counted, sealed, sourceState } from '../../support/redis/source-state.ts'

const source = '{gunicorn}:metrics:source:'
const index = '{gunicorn}:metrics:sources'

test('Invalid values in Redis are counted and do not change the page', async (context) => {
  const redis = await startRedis(context)
  if (!redis) return
  const apps = await startSharing(context, redis, { number: 2 })
  const [app] = apps
  assert.ok(app)
  await burden(apps, 10)
  await assertCounts(app, [10, 11])
  const good = encodePeerState(sourceState())
  const values = [
    Buffer.from('garbage'),
    good.subarray(0, -3),
    sealed('{}', { version: 2 }),
    sealed('{}'),
    Buffer.alloc(17 * 1_048_576),
    good,
  ]
  const now = Date.now()
  for (const value of values) {
    const incarnation = randomUUID()
    await redis.ask('SET', source + incarnation, value)
    await redis.ask('ZADD', index, now, incarnation)
  }
  const list = randomUUID()
  await redis.ask('RPUSH', source + list, 'x')
  for (const name of ['../x', '', '*', 'x'.repeat(10_000), '\r\nSET a b']) {
    await redis.ask('ZADD', index, 'inf', name)
  }
  await eventually(async () => {
    const { refused } = await statusOf(app)
    assert.deepEqual(refused, { format: 1, digest: 1, version: 1, content: 2, size: 1 })
  })
  // A list in place of a value causes an error reply, which the status shows.
  await redis.ask('ZADD', index, now, list)
  await eventually(async () => assert.match((await statusOf(app)).lastError ?? '', /WRONGTYPE/))
  await burden(apps, 10)
  await assertCounts(app, [20, 22])
  const text = await fetchText(app.metricsUrl)
  assert.deepEqual(faultsOf(text, 'prometheus'), [])
  assert.ok(sum(parsePage(text), 'gunicorn_exporter_redis_refused_values_total') >= 6)
  assert.equal(await redis.ask('GET', 'a'), null)
  await redis.ask('ZREM', index, list)
  await eventually(async () => assert.equal((await statusOf(app)).lastError, null))
})

test('The page shows a cluster of another version with possible values', async (context) => {
  const redis = await startRedis(context)
  if (!redis) return
  const [app] = await startSharing(context, redis, {})
  const state = sourceState({ instance: 'elsewhere', metrics: [counted(42)], retained: [] })
  await redis.ask('SET', source + state.incarnation, encodePeerState(state))
  await redis.ask('ZADD', index, Date.now(), state.incarnation)
  await eventually(async () => {
    assert.equal(sum((await app?.page()) ?? [], 'orders_total', { instance: 'elsewhere' }), 42)
  })
})

test('A process that a peer has declared dead continues under a new name', async (context) => {
  const redis = await startRedis(context)
  if (!redis) return
  const [app] = await startSharing(context, redis, {})
  assert.ok(app)
  await get(await app.ready(), '/')
  await assertCounts(app, [1])
  const before = (await statusOf(app)).instance
  const [incarnation] = (await redis.ask('ZRANGE', index, 0, -1)) as string[]
  await redis.ask('SET', `{gunicorn}:metrics:successor:${incarnation}`, randomUUID())
  await eventually(async () => assert.notEqual((await statusOf(app)).instance, before))
  // The values from before the change of the name stay in Redis beside the new values.
  await assertCounts(app, [1, 1])
  assert.match(app.stderr(), /another process took over its name/)
  await eventually(async () => assert.equal(await redis.ask('ZCARD', index), 2))
})

test('A new exporter thread shares under the name of the crashed thread', async (context) => {
  const redis = await startRedis(context)
  if (!redis) return
  const [observer] = await startSharing(context, redis, {})
  const [app] = await startSharing(context, redis, {
    file: 'apps/cluster/ending-exporter-thread.cjs',
  })
  assert.ok(app && observer)
  await burden([app], 30)
  await assertCounts(observer, [0, 30])
  const before = (await statusOf(app)).instance
  app.child.kill('SIGWINCH')
  await eventually(async () => {
    assert.match(app.stderr(), /exporter thread ended/)
    assert.equal((await statusOf(app)).instance, before)
  })
  for (const each of [app, observer]) await assertCounts(each, [0, 30])
})

async function assertCounts(app: App, expected: readonly number[]): Promise<void> {
  await eventually(async () => {
    const found = [...countsByInstance(await app.page()).values()]
    assert.deepEqual(
      found.sort((one, other) => one - other),
      expected,
    )
  })
}
