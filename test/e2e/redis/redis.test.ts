import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { countTurns } from '../../support/programs/turns.ts'
import { parsePage, sum } from '../../support/prometheus/page.ts'
import { type RedisServer, startRedis } from '../../support/redis/redis.ts'
import { burden, countsByInstance, startSharing, statusOf } from '../../support/redis/sharing.ts'

describe('Clusters that share one Redis', () => {
  test('are all on the page of each, with exact counts and one name each', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const apps = await startSharing(context, redis, { number: 2 })
    await burden(apps, 300)
    for (const app of apps) {
      await eventually(async () => {
        const page = await app.page()
        assert.deepEqual([...countsByInstance(page).values()].sort(), [300, 301])
        assert.ok(page.every(({ labels }) => labels['instance']))
        assert.equal(sum(page, 'gunicorn_exporter_redis_connected'), 2)
        assert.equal(sum(page, 'gunicorn_master_workers', { state: 'live' }), 4)
      })
    }
    const [one, other] = await Promise.all(
      apps.map(async (app) => [...countsByInstance(await app.page()).keys()]),
    )
    assert.deepEqual(one?.sort(), other?.sort())
  })

  test('can be sixteen, each with its own count', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const env = { REDIS_COLLECT_INTERVAL: '0.5' }
    const apps = await startSharing(context, redis, {
      file: 'apps/single/single.cjs',
      number: 16,
      env,
    })
    await burden(apps, 20)
    const expected = Array.from({ length: 16 }, (_, index) => 20 + index)
    for (const app of [apps[0], apps[15]]) {
      await eventually(async () => {
        const found = [...countsByInstance((await app?.page()) ?? []).values()]
        assert.deepEqual(
          found.sort((one, other) => one - other),
          expected,
        )
      }, 60_000)
    }
    await assertCommands(redis, 16)
  })

  test('take one round trip per interval each', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    // The writer of the page of all clusters can need a second round trip.
    await redis.ask('SET', '{gunicorn}:metrics:forwarder', 'another')
    const turns = await countTurns(context, redis.port)
    const [app] = await startSharing(context, turns, {})
    await startSharing(context, redis, { number: 2 })
    assert.ok(app)
    /** Round trips of the relay's count and of the status, while no round trip is under way. */
    const sample = async (least: number): Promise<{ counted: number; reported: number }> =>
      await eventually(async () => {
        const counted = turns.count()
        const { totalPublishes: reported, peers } = await statusOf(app)
        assert.equal(turns.count(), counted)
        assert.ok(reported >= least && peers['live'] === 2)
        return { counted, reported }
      })
    const before = await sample(5)
    const after = await sample(before.reported + 20)
    assert.ok(Math.abs(after.counted - before.counted - (after.reported - before.reported)) <= 1)
    // The commands at the start are few, too.
    assert.ok(before.counted - before.reported <= 6, `${before.counted} for ${before.reported}`)
  })

  test('write the layout of the Python exporter’s documents, one at a time', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const apps = await startSharing(context, redis, { number: 2 })
    await burden(apps, 10)
    await eventually(async () => {
      const page = parsePage(String(await redis.ask('GET', 'gunicorn:metrics:latest')))
      assert.deepEqual([...countsByInstance(page).values()].sort(), [10, 11])
    })
    const metadata = JSON.parse(String(await redis.ask('GET', 'gunicorn:metrics:metadata')))
    assert.equal(metadata.running, true)
    assert.equal(metadata.forward_interval, 1)
    assert.ok(
      metadata.totalPublishes > 0 && Math.abs(metadata.timestamp - Date.now() / 1_000) < 600,
    )
    const history = await eventually(async () => {
      const keys = (await redis.ask('KEYS', 'gunicorn:metrics:[0-9]*')) as string[]
      assert.ok(keys.length >= 3)
      return keys
    })
    for (const key of history) {
      const left = Number(await redis.ask('PTTL', key))
      assert.ok(left > 0 && left <= 30_000, `${key} stays ${left} ms`)
    }
    const forwards = async (): Promise<number> => {
      const all = await Promise.all(apps.map(statusOf))
      return all.reduce((total, { totalForwards }) => total + totalForwards, 0)
    }
    const began = Date.now()
    const before = await forwards()
    await eventually(async () => assert.ok((await forwards()) >= before + 3))
    const seconds = (Date.now() - began) / 1_000
    assert.ok((await forwards()) - before <= seconds / 0.9 + 2, 'both write')
  })
})

/** No command scans keys, and a round reads each of the other clusters once at most. */
async function assertCommands({ ask }: RedisServer, sources: number): Promise<void> {
  const calls = async (): Promise<Map<string, number>> => {
    const text = String(await ask('INFO', 'commandstats'))
    const lines = text.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)
    return new Map(Array.from(lines, ([, name = '', count]) => [name, Number(count)]))
  }
  const before = await calls()
  const after = await eventually(async () => {
    const now = await calls()
    assert.ok((now.get('zadd') ?? 0) > (before.get('zadd') ?? 0) + 10 * sources)
    return now
  }, 60_000)
  const made = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0)
  for (const name of ['zrevrangebyscore', 'exists']) {
    assert.ok(
      Math.abs(made(name) - made('zadd')) <= sources,
      `${name}: ${made(name)} of ${made('zadd')}`,
    )
  }
  const values = made('getrange') / made('zadd')
  assert.ok(values > 0 && values < sources, `${values} values per round`)
  for (const name of ['keys', 'scan', 'mget', 'eval']) assert.equal(made(name), 0, name)
}
