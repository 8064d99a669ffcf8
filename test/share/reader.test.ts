import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { shareLimits } from '../../src/limits/share.ts'
import type { ListedWrite } from '../../src/share/peers/peers.ts'
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
const intervalMs = 1_000

function scene(ttlMs: number | undefined = undefined) {
  const redis = new MemoryRedis()
  const clock = new ManualClock()
  const taken: [string, string][] = []
  const retained: string[][] = []
  const outside = new Set<string>()
  const heard = new Map<string, ListedWrite>()
  const reader = new Reader({
    keys,
    ttlMs,
    intervalMs,
    own: () => own,
    peers: {
      take: (incarnation, bytes) => taken.push([incarnation, String(bytes)]),
      hear: (incarnation, write) => heard.set(incarnation, write),
      retain: (names) => retained.push([...names]),
      isOutside: (incarnation) => outside.has(incarnation),
    },
    clock,
  })
  const index = (...entries: [string, number][]): void => {
    redis.sets.set(keys.index, new Map(entries))
  }
  /** Writes a state of this size for each of the peers. */
  const write = (peers: readonly string[], bytes: number, version: number): void => {
    for (const each of peers) redis.values.set(keys.source(each), Buffer.alloc(bytes, 'x'))
    index(...peers.map((each): [string, number] => [each, version]))
  }
  /** Time passes, and then a round trip reads. Returns the peers that were read. */
  const readAfter = async (ms: number): Promise<string[]> => {
    await clock.advance(ms)
    taken.length = 0
    await exchange(redis, reader)
    return taken.map(([incarnation]) => incarnation)
  }
  return { redis, clock, taken, retained, outside, heard, reader, index, write, readAfter }
}

const many = Array.from({ length: 100 }, () => randomUUID() as string)

describe('Reader', () => {
  test('reads a peer of another node once', async () => {
    const { redis, clock, outside, retained, reader, index, write, readAfter } = scene()
    write([first, second], 10, 1)
    await exchange(redis, reader)
    assert.deepEqual(await readAfter(1_000), [first, second])
    outside.add(second)
    for (const version of [2, 3, 4]) {
      write([first, second], 10, version)
      await clock.advance(4_000)
      void reader.request()
      assert.deepEqual(await readAfter(0), [first])
    }
    assert.equal(reader.unread, 0)
    assert.deepEqual(retained.at(-1), [first, second])
    index([first, 5])
    await clock.advance(4_000)
    void reader.request()
    await readAfter(0)
    assert.deepEqual(retained.at(-1), [first])
  })

  test('lists the peers first and reads them in the next round trip', async () => {
    const { redis, taken, retained, reader, index } = scene()
    index([own, 1], [first, 2], ['no incarnation', 3], [second, 4])
    redis.values.set(keys.source(first), Buffer.from('one'))
    assert.equal(reader.hurryMs(), undefined)
    await exchange(redis, reader)
    assert.deepEqual(taken, [])
    assert.deepEqual(retained, [[second, first]])
    assert.equal(reader.unread, 2)
    assert.equal(reader.hurryMs(), shareLimits.firstReadMs)
    await exchange(redis, reader)
    assert.deepEqual(taken, [
      [second, ''],
      [first, 'one'],
    ])
    assert.equal(reader.unread, 0)
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
    const { redis, clock, reader, index } = scene()
    index([first, 1])
    await exchange(redis, reader)
    await clock.advance(intervalMs)
    const [list, read] = reader.steps().map(({ command }) => command)
    assert.deepEqual(list?.slice(-4), ['WITHSCORES', 'LIMIT', 0, shareLimits.peers])
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

  test('tells for how long the last write of each peer is the same', async () => {
    const { heard, index, readAfter, clock } = scene()
    index([first, 1], [second, 1])
    await readAfter(0)
    index([first, 1], [second, 2])
    await readAfter(intervalMs)
    const pauseMs = intervalMs
    const now = clock.now()
    assert.deepEqual(heard.get(first), {
      ...{ version: '1', read: '1', checkedAt: now, bytes: 0, pauseMs },
      unchanged: { since: now - intervalMs, until: now },
    })
    assert.deepEqual(heard.get(second)?.unchanged, { since: now, until: now })
    // No contact for longer than shareLimits.silenceMs: a live peer needs time for a write.
    await readAfter(shareLimits.silenceMs + 1)
    assert.deepEqual(heard.get(first)?.unchanged, { since: clock.now(), until: clock.now() })
  })
})

describe('At rest, a Reader', () => {
  test('reads a state again only after another write of the peer', async () => {
    const { write, readAfter } = scene()
    write([first, second], 10, 1)
    await readAfter(0)
    assert.deepEqual((await readAfter(intervalMs)).sort(), [first, second])
    assert.deepEqual(await readAfter(intervalMs), [])
    write([first, second], 10, 2)
    await readAfter(intervalMs)
    assert.deepEqual((await readAfter(intervalMs)).sort(), [first, second])
  })

  test('reads shareLimits.stateBytesPerSecond, the states that are the oldest first', async () => {
    const { write, readAfter } = scene()
    const bytes = shareLimits.stateBytesPerSecond / 5
    const read: string[] = []
    write(many, bytes, 1)
    await readAfter(0)
    // The first round trip of states takes all for states of a usual size.
    read.push(...(await readAfter(intervalMs)))
    for (let version = 2; read.length < many.length; version += 1) {
      write(many, bytes, version)
      const round = await readAfter(intervalMs)
      assert.ok(round.length <= 9, `${round.length} states of ${bytes} bytes in a second`)
      read.push(...round)
    }
    assert.deepEqual(new Set(read.slice(0, many.length)), new Set(many))
  })

  test('reads the index less often the more peers it has', async () => {
    const { redis, write, readAfter } = scene()
    const all = Array.from({ length: shareLimits.peers }, () => randomUUID() as string)
    write(all, 10, 1)
    for (let round = 0; round < 12; round += 1) await readAfter(intervalMs)
    const looks = redis.commands.filter(([name]) => name === 'ZREVRANGEBYSCORE')
    assert.equal(looks.length, 3)
  })

  test('goes on behind a state that cannot be read, and after a very large state', async () => {
    const { redis, write, readAfter } = scene()
    write([first, second], 10, 1)
    redis.failure = (command) => (command.includes(keys.source(first)) ? 'ERR' : undefined)
    await readAfter(0)
    assert.deepEqual(await readAfter(intervalMs), [second])
    redis.failure = () => undefined
    write([first, second], shareLimits.peerStateBytes, 2)
    const read = new Set<string>()
    for (let ms = 0; ms < 4 * shareLimits.longestReadPauseMs; ms += intervalMs) {
      for (const each of await readAfter(intervalMs)) read.add(each)
    }
    assert.deepEqual(read, new Set([first, second]))
  })
})

describe('At a request for the page, a Reader', () => {
  test('reads all states in the next round trip, in several turns', async () => {
    const { redis, reader, write, readAfter } = scene()
    write(many, 5_000, 1)
    await readAfter(0)
    let isRead = false
    const read = reader.request() ?? assert.fail('the states are recent')
    void read.then(() => {
      isRead = true
    })
    assert.equal(reader.hurryMs(), 0)
    const turns: number[] = []
    const { send } = redis
    const counted = {
      send: async (...[commands]: Parameters<typeof send>) => {
        turns.push(commands.filter(([name]) => name === 'GETRANGE').length)
        return await send(commands)
      },
    }
    await exchange(counted as MemoryRedis, reader)
    assert.equal(isRead, true)
    assert.equal(turns[0], 0)
    assert.ok(turns.length > 2)
    assert.equal(
      turns.reduce((sum, each) => sum + each, 0),
      many.length,
    )
    assert.equal(reader.request(), undefined)
    assert.equal(reader.unread, 0)
  })

  test('gives all requests one read to wait for', async () => {
    const { reader, write, readAfter } = scene()
    write(many, 5_000, 1)
    await readAfter(0)
    const read = reader.request() ?? assert.fail('the states are recent')
    assert.equal(reader.request(), read)
    reader.giveUp()
    await read
    assert.notEqual(reader.request(), read)
  })

  test('reads the index again when the request comes during a round trip', async () => {
    const { redis, clock, reader, write, readAfter, taken } = scene()
    const all = Array.from({ length: shareLimits.peers }, () => randomUUID() as string)
    write(all, 10, 1)
    await readAfter(0)
    void reader.request()
    await readAfter(intervalMs)
    write(all, 10, 2)
    taken.length = 0
    await clock.advance(intervalMs)
    const steps = reader.steps()
    reader.want()
    const replies = await redis.send(steps.map(({ command }) => command))
    assert.ok(replies.every((reply) => 'value' in reply))
    await exchange(redis, { steps: () => reader.further(), further: () => reader.further() })
    assert.equal(taken.length, all.length)
  })

  test('reads all states once per round trip', async () => {
    const { redis, reader, write, readAfter } = scene()
    write(many, 10, 1)
    await readAfter(0)
    const replies = redis.send
    let reads = 0
    const busy = {
      send: async (...[commands]: Parameters<typeof replies>) => {
        reads += commands.filter(([name]) => name === 'GETRANGE').length
        write(many, 10, reads + 1)
        reader.want()
        return await replies(commands)
      },
    }
    reader.want()
    await exchange(busy as MemoryRedis, reader)
    assert.equal(reads, many.length)
  })

  test('does not read again, if all states take longer than shareLimits.recentMs', async () => {
    const { redis, clock, reader, write, readAfter } = scene()
    write(many, 5_000, 1)
    await readAfter(0)
    const slow = {
      send: async (...[commands]: Parameters<typeof redis.send>) => {
        if (commands.some(([name]) => name === 'GETRANGE')) await clock.advance(2_000)
        return await redis.send(commands)
      },
    }
    reader.want()
    await exchange(slow as MemoryRedis, reader)
    // The first of three turns is four seconds old.
    assert.equal(reader.request(), undefined)
    await clock.advance(intervalMs + shareLimits.scrapeJitterMs + 2_001)
    assert.ok(reader.request() !== undefined)
  })

  test('reads nothing more for a snapshot while the states are recent', async () => {
    const { clock, reader, write, readAfter } = scene()
    write([first], 10, 1)
    await readAfter(0)
    await readAfter(intervalMs)
    reader.refresh()
    assert.equal(reader.hurryMs(), undefined)
    await clock.advance(shareLimits.recentMs + 1)
    reader.refresh()
    assert.equal(reader.hurryMs(), 0)
  })

  test('ends the wait when the round trip fails', async () => {
    const { clock, reader, write, readAfter } = scene()
    write([first], 10, 1)
    await readAfter(0)
    write([first], 10, 2)
    await readAfter(intervalMs)
    await clock.advance(shareLimits.recentMs + 1)
    const read = reader.request() ?? assert.fail('the states are recent')
    reader.giveUp()
    await read
    assert.equal(reader.hurryMs(), undefined)
  })
})

describe('Before an expected request for the page, a Reader', () => {
  /** Requests at the given seconds; returns the seconds in which all states were read. */
  async function secondsOfReads(requests: readonly number[], seconds: number): Promise<number[]> {
    const { reader, write, readAfter } = scene()
    await readAfter(0)
    const found: number[] = []
    for (let second = 1; second <= seconds; second += 1) {
      write(many, 5_000, second)
      const read = new Set(await readAfter(intervalMs))
      if (read.size === many.length) found.push(second)
      if (requests.includes(second)) void reader.request()
    }
    return found
  }

  test('reads all states once, in the last round trip before', async () => {
    // Nothing announces the first two requests: the round trips after the requests read.
    assert.deepEqual(await secondsOfReads([15, 30, 45, 60], 70), [16, 31, 44, 59])
  })

  test('expects two scrapers in turn', async () => {
    const reads = await secondsOfReads([15, 20, 30, 35, 45, 50, 60, 65], 70)
    assert.deepEqual(reads.slice(-4), [44, 49, 59, 64])
  })

  test('expects nothing after the scrapes have ended', async () => {
    const reads = await secondsOfReads([15, 30, 45], 300)
    assert.ok((reads.at(-1) ?? 0) <= 60, String(reads))
  })
})
