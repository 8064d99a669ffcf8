import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, type TestContext, test } from 'node:test'
import { logLimits } from '../../src/limits/log.ts'
import { bodyOf } from '../../src/model/page/body.ts'
import { version } from '../../src/model/version.ts'
import { encodePeerState } from '../../src/share/peers/peer-state.ts'
import type { Client } from '../../src/share/redis/client.ts'
import { redisKeysOf } from '../../src/share/redis/keys.ts'
import { RedisShare, type RedisShareOptions } from '../../src/share/redis-share.ts'
import { withoutCodes } from '../support/config/sentences.ts'
import { eventually } from '../support/programs/app.ts'
import { MemoryRedis } from '../support/redis/memory-redis.ts'
import { counted, incarnations, sourceState } from '../support/redis/source-state.ts'
import { connection } from '../support/redis/standalone.ts'

const keys = redisKeysOf('gunicorn', connection)
const own = { collect: () => [counted(2)], snapshot: () => bodyOf([Buffer.from('the page')]) }

interface SceneOptions {
  readonly own?: RedisShareOptions['own']
  readonly redis?: MemoryRedis
  readonly open?: () => Promise<Client>
  readonly collectIntervalMs?: number
  readonly instance?: string
}

function start(context: TestContext, options: SceneOptions = {}) {
  const { redis = new MemoryRedis() } = options
  const notices: string[] = []
  const client: Client = { send: redis.send, isOpen: () => true, close: () => {} }
  const share = new RedisShare({
    settings: {
      connection,
      prefix: 'gunicorn',
      ttlMs: 60_000,
      collectIntervalMs: options.collectIntervalMs ?? 5,
      forwardIntervalMs: 5,
      serviceSlot: {
        service: 'shop',
        host: 'host',
        address: 'a:1',
        directory: '/srv',
        instance: options.instance,
      },
      usesSlots: false,
      keepWorkerId: false,
      mergeRules: [],
    },
    own: 'own' in options ? options.own : own,
    onNotice: (text) => notices.push(text),
    open: options.open ?? (async () => client),
  })
  context.after(() => share.last())
  return { redis, notices, share }
}

function addPeer(redis: MemoryRedis): void {
  const state = sourceState({
    instance: 'other',
    metrics: [counted(5)],
    retained: [],
    writtenAt: Date.now(),
  })
  redis.values.set(keys.source(incarnations[0]), encodePeerState(state))
  redis.sets.set(keys.index, new Map([[incarnations[0], Date.now()]]))
}

describe('RedisShare', () => {
  test('writes the own cluster and a snapshot, and shows the peers beside', async (context) => {
    const { redis, share } = start(context)
    addPeer(redis)
    await eventually(() => {
      assert.ok(redis.text(keys.metadata))
      assert.equal(share.status().peers['live'], 1)
    })
    const { instance, ...status } = share.status()
    assert.match(instance ?? '', /^host-/)
    const values = share
      .page([counted(2)])
      .flatMap(({ points }) =>
        points.map(({ attributes, value }) => [attributes['instance'], value]),
      )
    assert.deepEqual(values, [
      [instance, 2],
      ['other', 5],
    ])
    assert.deepEqual([status.running, status.connected, status.lastError], [true, true, null])
    assert.ok(status.totalPublishes > 0 && status.totalForwards > 0)
    assert.equal(status.totalFailures, 0)
    assert.equal(redis.text(keys.latest), 'the page')
    const metadata = JSON.parse(redis.text(keys.metadata) ?? '')
    assert.equal(metadata.version, version)
    assert.equal(metadata.service, 'shop')
    assert.equal(metadata.collect_interval, 0.005)
    assert.equal(metadata.forward_interval, 0.005)
    assert.ok(Math.abs(metadata.timestamp - Date.now() / 1_000) < 60)
    assert.equal(metadata.running, true)
  })

  test('without an own cluster reads only', async (context) => {
    const { redis, share } = start(context, { own: undefined })
    addPeer(redis)
    await eventually(() =>
      assert.deepEqual(
        share.shown().map((each) => each.instance),
        ['other'],
      ),
    )
    assert.equal(share.page([counted(2)])[0]?.points[0]?.value, 5)
    assert.equal(share.status().instance, null)
    const names = new Set(redis.commands.map(([name]) => name))
    assert.deepEqual([...names].sort(), ['GETRANGE', 'ZREVRANGEBYSCORE'])
  })

  test('reads at once for a request that needs recent states', async (context) => {
    const { redis, share } = start(context, { collectIntervalMs: 60_000 })
    addPeer(redis)
    await eventually(async () => {
      await share.freshen()
      assert.equal(share.status().peers['live'], 1)
    })
    assert.equal(share.freshen(), undefined)
  })

  test('finds at its start that an earlier process has its name', async (context) => {
    const redis = new MemoryRedis()
    const writtenAt = Date.now()
    const others = Array.from({ length: 300 }, (_, number) => {
      const names = { incarnation: randomUUID() as string, instance: `other-${number}` }
      return sourceState({ ...names, retained: [], writtenAt, startedAt: 1 })
    })
    const holder = sourceState({ instance: 'given', retained: [], writtenAt, startedAt: 1 })
    for (const state of [...others, holder]) {
      redis.values.set(keys.source(state.incarnation), encodePeerState(state))
    }
    const index = [...others, holder].map(({ incarnation }) => [incarnation, writtenAt] as const)
    redis.sets.set(keys.index, new Map(index))
    // The writer of the page of all clusters reads all states.
    redis.values.set(keys.forwarder, Buffer.from('another'))
    const { share, notices } = start(context, { redis, instance: 'given', collectIntervalMs: 100 })
    await eventually(() => assert.match(share.status().instance ?? '', /^given-[\da-f]{8}$/))
    assert.match(notices[0] ?? '', /another process in Redis has the same service.instance.id/)
    const writes = await eventually(() => {
      const sets = redis.commands.filter(
        ([name, key]) => name === 'SET' && /:source:/.test(`${key}`),
      )
      const names = sets.map(([, , value]) => /"instance":"([^"]+)"/.exec(String(value))?.[1])
      assert.ok(names.some((name) => name?.startsWith('given-')))
      return names
    })
    assert.ok(writes.filter((name) => name === 'given').length <= 2, String(writes))
  })

  test('waits at most shareLimits.recentReadMs, and not while Redis fails', async (context) => {
    const redis = new MemoryRedis()
    let isHung = false
    const client: Client = {
      send: async (commands) =>
        isHung && commands.some(([name]) => name === 'GETRANGE')
          ? await new Promise(() => {})
          : await redis.send(commands),
      isOpen: () => true,
      close: () => {},
    }
    const { share } = start(context, { redis, open: async () => client })
    await eventually(() => assert.ok(share.status().totalPublishes > 0))
    isHung = true
    addPeer(redis)
    // The index has a peer whose state does not arrive.
    await eventually(async () => {
      const wait = share.freshen()
      assert.ok(wait)
      await wait
    })
    assert.equal(share.status().peers['unread'], 1)
    const down = start(context, { open: () => Promise.reject(new Error('down')) }).share
    await eventually(() => assert.ok(down.status().totalFailures > 0))
    assert.equal(down.freshen(), undefined)
  })

  test('reports when round trips begin to fail and when they succeed again', async (context) => {
    const redis = new MemoryRedis()
    const long = 'x'.repeat(2 * logLimits.shownChars)
    redis.failure = () => long
    const { notices, share } = start(context, { redis })
    await eventually(() => assert.ok(share.status().totalFailures >= 2))
    assert.equal(notices.length, 1)
    assert.match(
      notices[0] ?? '',
      /^metrics cannot be shared by Redis, trying again: x+ \(GPE_\w+\)$/,
    )
    assert.equal(withoutCodes(notices[0] ?? '').length, logLimits.shownChars)
    redis.failure = () => undefined
    await eventually(() => assert.match(notices[1] ?? '', /^metrics are shared by Redis again/))
  })

  test('writes the final state at the end', async (context) => {
    const { redis, share } = start(context)
    await eventually(() => assert.ok(share.status().totalPublishes > 0))
    await share.last()
    assert.equal(share.status().running, false)
    assert.equal(share.status().connected, false)
    const state = [...redis.values].find(([key]) => key.includes(':source:'))?.[1]
    assert.match(String(state), /"hasEnded":true/)
  })

  test('has metrics of its own', async (context) => {
    const { share } = start(context)
    await eventually(() => assert.ok(share.status().totalPublishes > 0))
    const connected = share.metrics()[0]
    assert.equal(connected?.descriptor.name, 'gunicorn_exporter_redis_connected')
    assert.equal(connected?.points[0]?.value, 1)
  })
})
