import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../src/limits/share.ts'
import { bodyOf } from '../../src/model/page/body.ts'
import { PythonSnapshots } from '../../src/share/python-snapshots.ts'
import { redisKeysOf } from '../../src/share/redis/keys.ts'
import { exchange } from '../support/redis/exchange.ts'
import { MemoryRedis } from '../support/redis/memory-redis.ts'
import { connection } from '../support/redis/standalone.ts'

const keys = redisKeysOf('gunicorn', connection)

interface SceneOptions {
  readonly intervalMs?: number
  readonly ttlMs?: number | undefined
  readonly page?: string | undefined
}

function scene(options: SceneOptions = {}) {
  const redis = new MemoryRedis()
  const facts = { page: 'page' as string | undefined, forwards: 0, chosen: 0, ms: 0, ...options }
  const snapshots = new PythonSnapshots({
    keys,
    intervalMs: options.intervalMs ?? 10_000,
    ttlMs: options.ttlMs,
    own: () => 'own',
    snapshot: () => (facts.page === undefined ? undefined : bodyOf([Buffer.from(facts.page)])),
    metadata: () => ({ version: 1 }),
    onForward: () => {
      facts.forwards += 1
    },
    onChosen: () => {
      facts.chosen += 1
    },
    clock: { now: () => facts.ms },
  })
  return { redis, facts, snapshots }
}

describe('PythonSnapshots', () => {
  test('takes the lock, writes in the next round trip, and waits an interval', async () => {
    const { redis, facts, snapshots } = scene()
    await exchange(redis, snapshots)
    assert.equal(facts.chosen, 1)
    assert.equal(redis.text(keys.forwarder), 'own')
    assert.equal(redis.ttls.get(keys.forwarder), 9_000)
    assert.equal(redis.values.size, 1)
    const began = Math.floor(Date.now() / 1_000)
    await exchange(redis, snapshots)
    assert.equal(facts.forwards, 1)
    assert.equal(redis.text(keys.latest), 'page')
    assert.equal(redis.text(keys.metadata), '{"version":1}')
    const history = [...redis.values.keys()].find((key) => /metrics:\d+$/.test(key)) ?? ''
    const seconds = Number(history.split(':').at(-1))
    assert.equal(seconds % 10, 0)
    assert.ok(seconds > began - 10 && seconds <= began + 1)
    assert.equal(redis.ttls.get(history), shareLimits.snapshots * 10_000)
    redis.values.delete(keys.forwarder)
    facts.ms = 9_999
    assert.deepEqual(snapshots.steps(), [])
    facts.ms = 10_000
    assert.equal(snapshots.steps().length, 1)
  })

  test('writes nothing without the lock', async () => {
    const { redis, facts, snapshots } = scene()
    redis.values.set(keys.forwarder, Buffer.from('other'))
    await exchange(redis, snapshots)
    facts.ms = 20_000
    await exchange(redis, snapshots)
    assert.equal(redis.text(keys.latest), undefined)
    assert.equal(facts.forwards, 0)
  })

  test('lets no process try again soon after a page that is too large', async () => {
    const { redis, snapshots } = scene({ page: 'x'.repeat(shareLimits.snapshotBytes + 1) })
    await exchange(redis, snapshots)
    await exchange(redis, snapshots)
    assert.equal(redis.text(keys.forwarder), 'own')
    assert.equal(redis.ttls.get(keys.forwarder), shareLimits.largeSnapshotIntervals * 10_000)
  })

  test('writes no page that is missing or larger than shareLimits.snapshotBytes', async () => {
    const { redis, facts, snapshots } = scene()
    const largest = 'é'.repeat(shareLimits.snapshotBytes / 2)
    for (const [page, isWritten] of [
      [undefined, false],
      [`${largest}x`, false],
      [largest, true],
    ] as const) {
      redis.values.clear()
      facts.page = page
      await exchange(redis, snapshots)
      await exchange(redis, snapshots)
      assert.equal(redis.values.has(keys.latest), isWritten)
      facts.ms += 10_000
    }
  })

  test('limits lifetimes to the time to live, and removes old index entries', async () => {
    const { redis, snapshots } = scene({ ttlMs: 60_000 })
    const least = Date.now() - 60_000 - shareLimits.clockSkewMs
    redis.sets.set(
      keys.index,
      new Map([
        ['old', least - 5_000],
        ['new', least + 5_000],
      ]),
    )
    await exchange(redis, snapshots)
    await exchange(redis, snapshots)
    const ttls = [...redis.ttls].filter(([key]) => key !== keys.forwarder).map(([, ttl]) => ttl)
    assert.deepEqual(ttls, [60_000, 60_000, 60_000])
    assert.deepEqual([...(redis.sets.get(keys.index)?.keys() ?? [])], ['new'])
  })

  test('names the history in whole seconds where the interval is shorter', async () => {
    const { redis, snapshots } = scene({ intervalMs: 400 })
    await exchange(redis, snapshots)
    assert.equal(redis.ttls.get(keys.forwarder), 360)
    await exchange(redis, snapshots)
    const history = [...redis.values.keys()].filter((key) => /metrics:\d{10}$/.test(key))
    assert.equal(history.length, 1)
    assert.equal(redis.ttls.get(history[0] ?? ''), shareLimits.snapshots * 400)
  })
})
