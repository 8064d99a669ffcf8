import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../src/limits/share.ts'
import type { Metric } from '../../src/model/metric.ts'
import {
  encodePeerState,
  type PeerState,
  parsePeerState,
} from '../../src/share/peers/peer-state.ts'
import { Publisher } from '../../src/share/publisher.ts'
import { redisKeysOf } from '../../src/share/redis/keys.ts'
import { encodeLease } from '../../src/share/succession/lease.ts'
import { ownProcessIdentity } from '../../src/support/process-identity.ts'
import { exchange } from '../support/redis/exchange.ts'
import { MemoryRedis } from '../support/redis/memory-redis.ts'
import { counted, depth, incarnations, sourceState } from '../support/redis/source-state.ts'
import { connection } from '../support/redis/standalone.ts'

const keys = redisKeysOf('gunicorn', connection)
const own = ownProcessIdentity()
/** A process of which the pid says nothing here. */
const elsewhere = { ...own, pidNamespace: 'another host' }
const [before] = incarnations
const gauge: Metric = { descriptor: depth, points: [{ attributes: {}, value: 3 }] }

interface SceneOptions {
  readonly ttlMs?: number | undefined
  readonly instance?: string
  readonly redis?: MemoryRedis
}

function scene({ ttlMs, instance, redis = new MemoryRedis() }: SceneOptions = {}) {
  const time = { ms: 1_000 }
  const notices: string[] = []
  const facts = { isNameTaken: false, metrics: [counted(2)] as Metric[] }
  const publisher = new Publisher({
    settings: {
      prefix: 'gunicorn',
      ttlMs,
      collectIntervalMs: 1_000,
      forwardIntervalMs: 1_000,
      serviceSlot: { service: 'shop', host: 'host', address: 'a:1', directory: '/srv', instance },
      usesSlots: false,
      keepWorkerId: false,
    },
    keys,
    collect: () => facts.metrics,
    isNameTaken: () => facts.isNameTaken,
    onNotice: (text) => notices.push(text),
    clock: { now: () => time.ms },
  })
  const stored = (): PeerState => {
    const state = parsePeerState(redis.values.get(keys.source(publisher.incarnation)))
    assert.ok(typeof state === 'object', String(state))
    return state
  }
  const leaseKey = (): string =>
    [...redis.values.keys()].find((key) => key.includes(':lease:')) ?? assert.fail('no lease')
  return { redis, time, notices, facts, publisher, stored, leaseKey }
}

/** A Redis in which the first lease of the slot belongs to a predecessor. */
async function withPredecessor(process = { ...own, pid: 2 ** 22 + 1 }): Promise<MemoryRedis> {
  const { redis, publisher, leaseKey } = scene()
  await exchange(redis, publisher)
  const lease = { incarnation: before, instance: 'host-before', predecessors: [], ...process }
  redis.values.set(leaseKey(), Buffer.from(encodeLease(lease)))
  const state = sourceState({ incarnation: before, metrics: [counted(5)], retained: [] })
  redis.values.set(keys.source(before), encodePeerState(state))
  redis.values.delete(keys.source(publisher.incarnation))
  redis.sets.set(keys.index, new Map([[before, 1]]))
  return redis
}

function nameOf({ identity }: Publisher): Publisher['identity'] {
  return identity
}

const totalsOf = (metrics: readonly Metric[]): unknown[] =>
  metrics.map(({ points }) => points[0]?.value)

describe('Publisher', () => {
  test('writes the state, the index and the lease in one round trip', async () => {
    const { redis, publisher, stored } = scene()
    assert.equal(nameOf(publisher), undefined)
    assert.equal(publisher.hurryMs(), shareLimits.identityPollMs)
    assert.deepEqual(publisher.page([counted(2)]), [])
    await exchange(redis, publisher)
    assert.equal(publisher.hurryMs(), undefined)
    const { incarnation } = publisher
    const instance = `host-${incarnation.slice(0, 8)}`
    assert.deepEqual(publisher.identity, { instance, predecessors: [] })
    const { writtenAt, startedAt, ...state } = stored()
    assert.deepEqual(state, {
      incarnation,
      instance,
      service: 'shop',
      predecessors: [],
      sequence: 1,
      intervalMs: 1_000,
      hasEnded: false,
      metrics: [counted(2)],
      retained: [],
    })
    assert.ok(startedAt <= writtenAt && writtenAt <= Date.now())
    assert.deepEqual([...(redis.sets.get(keys.index) ?? [])], [[incarnation, writtenAt]])
    await exchange(redis, publisher)
    assert.equal(stored().sequence, 2)
  })

  test('limits the lifetime of the state and of the index, if there is a time to live', async () => {
    for (const ttlMs of [undefined, 9_000]) {
      const { redis, publisher } = scene({ ttlMs })
      await exchange(redis, publisher)
      assert.equal(redis.ttls.get(keys.source(publisher.incarnation)), ttlMs)
      assert.equal(redis.ttls.get(keys.index), ttlMs && ttlMs + shareLimits.clockSkewMs)
    }
  })

  test('shows the totals that Redis has confirmed, and current gauges', async () => {
    const { redis, time, facts, publisher } = scene()
    facts.metrics = [counted(2), gauge]
    await exchange(redis, publisher)
    const now = { descriptor: depth, points: [{ attributes: {}, value: 9 }] }
    assert.deepEqual(totalsOf(publisher.page([counted(7), now])), [2, 9])
    time.ms += shareLimits.confirmedTotalsMs + 1
    const page = publisher.page([counted(7), now])
    assert.deepEqual(totalsOf(page), [7, 9])
    assert.deepEqual(page[0]?.points[0]?.attributes, { instance: publisher.identity?.instance })
  })

  test('shows current totals after a state that Redis has not stored', async () => {
    const { redis, publisher } = scene()
    redis.failure = ([name, key]) =>
      name === 'SET' && String(key).includes(':source:') ? 'OOM' : undefined
    await exchange(redis, publisher)
    assert.deepEqual(totalsOf(publisher.page([counted(7)])), [7])
  })

  test('marks the final state and acquires no name for it', async () => {
    const { redis, publisher, stored } = scene()
    await exchange(redis, publisher)
    publisher.end()
    await exchange(redis, publisher)
    assert.equal(stored().hasEnded, true)
    const late = scene()
    late.publisher.end()
    await exchange(late.redis, late.publisher)
    assert.deepEqual(late.redis.commands, [])
  })

  test('changes its name when another cluster uses the name, and tells the operator once', async () => {
    const { redis, facts, notices, publisher, stored } = scene({ instance: 'shop-1' })
    await exchange(redis, publisher)
    assert.equal(stored().instance, 'shop-1')
    facts.isNameTaken = true
    await exchange(redis, publisher)
    facts.isNameTaken = false
    await exchange(redis, publisher)
    const instance = `shop-1-${publisher.incarnation.slice(0, 8)}`
    assert.equal(stored().instance, instance)
    assert.equal(notices.length, 1)
    assert.match(notices[0] ?? '', /same service\.instance\.id/)
    assert.ok(notices[0]?.endsWith(instance))
  })

  test('checks no name before its first state', () => {
    const { facts, notices, publisher } = scene()
    facts.isNameTaken = true
    publisher.settle()
    assert.deepEqual(notices, [])
  })
})

describe('A process name', () => {
  test('starts without predecessors after shareLimits.identityFirstMs without contact', () => {
    const { time, publisher } = scene()
    time.ms += shareLimits.identityFirstMs
    assert.equal(nameOf(publisher), undefined)
    time.ms += 1
    assert.match(nameOf(publisher)?.instance ?? '', /^host-/)
    assert.deepEqual(totalsOf(publisher.page([counted(1)])), [1])
  })

  test('starts without predecessors after shareLimits.identityTimeoutMs with contact', async () => {
    const { redis, time, publisher } = scene({ redis: await withPredecessor(elsewhere) })
    await exchange(redis, publisher)
    assert.equal(nameOf(publisher), undefined)
    time.ms += shareLimits.identityTimeoutMs
    assert.equal(nameOf(publisher), undefined)
    time.ms += 1
    assert.deepEqual(nameOf(publisher)?.predecessors, [])
  })

  test('continues the totals of a predecessor and removes its state once', async () => {
    const { redis, publisher, stored } = scene({ redis: await withPredecessor() })
    await exchange(redis, publisher)
    assert.deepEqual(publisher.identity, { instance: 'host-before', predecessors: [before] })
    assert.deepEqual(stored().metrics, [counted(7)])
    assert.equal(redis.values.has(keys.source(before)), false)
    assert.deepEqual([...(redis.sets.get(keys.index)?.keys() ?? [])], [publisher.incarnation])
    redis.commands.length = 0
    await exchange(redis, publisher)
    assert.deepEqual(
      redis.commands.filter(([name]) => name === 'DEL' || name === 'ZREM'),
      [],
    )
  })

  test('starts anew when a successor has taken over', async () => {
    const { redis, notices, publisher, stored } = scene()
    await exchange(redis, publisher)
    const { incarnation } = publisher
    redis.values.set(keys.successor(incarnation), Buffer.from(before))
    await exchange(redis, publisher)
    assert.notEqual(publisher.incarnation, incarnation)
    assert.match(notices[0] ?? '', /took over its name/)
    assert.deepEqual(totalsOf(publisher.page([counted(8)])), [8])
    await exchange(redis, publisher)
    assert.equal(stored().sequence, 1)
    assert.equal(stored().instance, `host-${publisher.incarnation.slice(0, 8)}`)
    assert.equal(notices.length, 1)
  })

  test('writes a lost lease again, and takes another lease when the slot is taken', async () => {
    const { redis, publisher, leaseKey } = scene({ ttlMs: 5_000 })
    await exchange(redis, publisher)
    const key = leaseKey()
    const text = redis.text(key)
    redis.values.delete(key)
    await exchange(redis, publisher)
    assert.equal(redis.values.has(key), false)
    await exchange(redis, publisher)
    assert.deepEqual(JSON.parse(redis.text(key) ?? ''), JSON.parse(text ?? ''))
    redis.values.delete(key)
    await exchange(redis, publisher)
    const other = { incarnation: before, instance: 'x', predecessors: [], ...elsewhere }
    redis.values.set(key, Buffer.from(encodeLease(other)))
    redis.values.set(keys.successor(before), Buffer.from(incarnations[1]))
    await exchange(redis, publisher)
    await exchange(redis, publisher)
    const leases = [...redis.values.keys()].filter((each) => each.includes(':lease:'))
    assert.deepEqual(
      leases.map((each) => each.slice(-2)),
      [':0', ':1'],
    )
    assert.match(publisher.identity?.instance ?? '', /^host-/)
  })

  test('renews no lease where every lease of the slot is taken', async () => {
    const { redis, publisher } = scene()
    const texts = Array.from({ length: shareLimits.leases }, () => Buffer.from('taken'))
    await publisher.prepare(async (commands) =>
      commands[0]?.[0] === 'MGET' ? [{ value: texts }] : await redis.send(commands),
    )
    const names = publisher.steps().map(({ command: [name] }) => name)
    assert.deepEqual(names, ['SET', 'ZADD', 'EXISTS'])
  })
})
