import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../src/limits/share.ts'
import { Reader } from '../../src/share/reader.ts'
import { redisKeysOf } from '../../src/share/redis/keys.ts'
import { RedisRoundTrip } from '../../src/share/redis/round-trip.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { exchange } from '../support/redis/exchange.ts'
import { MemoryRedis } from '../support/redis/memory-redis.ts'
import { incarnations } from '../support/redis/source-state.ts'
import { connection } from '../support/redis/standalone.ts'

const keys = redisKeysOf('gunicorn', connection)
const [own, first, second] = incarnations

function scene(ttlMs: number | undefined = undefined) {
  const redis = new MemoryRedis()
  const taken: [string, string][] = []
  const retained: string[][] = []
  const reader = new Reader({
    keys,
    ttlMs,
    own: () => own,
    peers: {
      take: (incarnation, bytes) => taken.push([incarnation, String(bytes)]),
      retain: (names) => retained.push([...names]),
    },
  })
  const index = (...entries: [string, number][]): void => {
    redis.sets.set(keys.index, new Map(entries))
  }
  return { redis, taken, retained, reader, index }
}

describe('Reader', () => {
  test('lists the peers first and reads them in the next round trip', async () => {
    const { redis, taken, retained, reader, index } = scene()
    index([own, 1], [first, 2], ['no incarnation', 3], [second, 4])
    redis.values.set(keys.source(first), Buffer.from('one'))
    assert.equal(reader.hurryMs(), undefined)
    await exchange(redis, reader)
    assert.deepEqual(taken, [])
    assert.deepEqual(retained, [[second, first, own]])
    assert.equal(reader.hurryMs(), shareLimits.firstReadMs)
    await exchange(redis, reader)
    assert.deepEqual(taken, [
      [second, ''],
      [first, 'one'],
    ])
    assert.equal(reader.hurryMs(), undefined)
  })

  test('reads the peers shareLimits.firstReadMs after the first list', async (context) => {
    const { redis, taken, reader, index } = scene()
    index([first, 1])
    const clock = new ManualClock()
    const client = { send: redis.send, isOpen: () => true, close: () => {} }
    const roundTrips = new RedisRoundTrip({
      connection,
      intervalMs: 60_000,
      participants: [reader],
      onRoundTrip: () => {},
      onConnected: () => {},
      open: async () => client,
      clock,
    })
    context.after(() => roundTrips.last())
    await clock.advance(shareLimits.firstReadMs - 1)
    assert.deepEqual(taken, [])
    await clock.advance(1)
    assert.deepEqual(taken, [[first, '']])
    await clock.advance(59_999)
    assert.equal(taken.length, 1)
  })

  test('takes at most shareLimits.peers peers and shareLimits.peerStateBytes of each', async () => {
    const { redis, reader, index } = scene()
    index([first, 1])
    await exchange(redis, reader)
    const [list, read] = reader.steps().map(({ command }) => command)
    assert.deepEqual(list?.slice(-3), ['LIMIT', 0, shareLimits.peers])
    assert.deepEqual(read, ['GETRANGE', keys.source(first), 0, shareLimits.peerStateBytes])
  })

  test('lists only peers within the time to live and shareLimits.clockSkewMs', async () => {
    const { redis, retained, reader, index } = scene(60_000)
    const least = Date.now() - 60_000 - shareLimits.clockSkewMs
    index([first, least - 5_000], [second, least + 5_000])
    await exchange(redis, reader)
    assert.deepEqual(retained, [[second]])
  })

  test('keeps the list when a reply is no list', () => {
    const { retained, reader } = scene()
    reader.steps()[0]?.take?.('text')
    assert.deepEqual(retained, [[]])
  })
})
