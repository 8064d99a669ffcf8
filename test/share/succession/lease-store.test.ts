import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import { redisKeysOf } from '../../../src/share/redis/keys.ts'
import { encodeLease, type Lease } from '../../../src/share/succession/lease.ts'
import { LeaseStore } from '../../../src/share/succession/lease-store.ts'
import { MemoryRedis } from '../../support/redis/memory-redis.ts'
import { incarnations } from '../../support/redis/source-state.ts'
import { connection } from '../../support/redis/standalone.ts'

const keys = redisKeysOf('gunicorn', connection)
const [first, second, third] = incarnations
const lease: Lease = {
  incarnation: first,
  instance: 'host-1',
  predecessors: [],
  pid: 7,
  startTicks: '9',
  pidNamespace: 'ns',
}

function scene({ ttlMs }: { readonly ttlMs?: number | undefined } = {}) {
  const redis = new MemoryRedis()
  return { redis, store: new LeaseStore({ send: redis.send, keys, ttlMs }) }
}

describe('LeaseStore', () => {
  test('reads every key of a slot, and valid leases with state and successor', async () => {
    const { redis, store } = scene()
    const other = { ...lease, incarnation: second }
    redis.values.set(keys.lease('slot', 0), Buffer.from(encodeLease(lease)))
    redis.values.set(keys.lease('slot', 1), Buffer.from('nonsense'))
    redis.values.set(keys.lease('slot', 3), Buffer.from(encodeLease(other)))
    redis.values.set(keys.source(first), Buffer.from('state'))
    redis.values.set(keys.successor(second), Buffer.from(third))
    const { entries, found } = await store.read('slot')
    assert.equal(entries.length, shareLimits.leases)
    assert.deepEqual(entries.slice(0, 3), [
      { key: keys.lease('slot', 0), text: encodeLease(lease) },
      { key: keys.lease('slot', 1), text: 'nonsense' },
      { key: keys.lease('slot', 2), text: undefined },
    ])
    assert.deepEqual(found, [
      { key: keys.lease('slot', 0), lease, bytes: Buffer.from('state'), successor: '' },
      { key: keys.lease('slot', 3), lease: other, bytes: Buffer.alloc(0), successor: third },
    ])
  })

  test('reads one character more than a successor, and shareLimits.peerStateBytes', async () => {
    const { redis, store } = scene()
    redis.values.set(keys.lease('slot', 0), Buffer.from(encodeLease(lease)))
    await store.read('slot')
    assert.deepEqual(redis.commands.slice(shareLimits.leases), [
      ['GETRANGE', keys.source(first), 0, shareLimits.peerStateBytes],
      ['GETRANGE', keys.successor(first), 0, 36],
    ])
  })

  test('sends no command for an empty slot beyond the first, or for no states', async () => {
    const { redis, store } = scene()
    let sends = 0
    const counting = new LeaseStore({
      send: async (commands) => {
        sends += 1
        return await redis.send(commands)
      },
      keys,
      ttlMs: undefined,
    })
    await counting.read('slot')
    assert.deepEqual(await counting.states([]), [])
    assert.equal(sends, 1)
    assert.deepEqual(await store.states([first]), [Buffer.alloc(0)])
  })

  test('takes a reply of another kind for an empty slot', async () => {
    const send = async () => [{ value: 7 }]
    const store = new LeaseStore({ send, keys, ttlMs: undefined })
    const { entries, found } = await store.read('slot')
    assert.ok(entries.every(({ text }) => text === undefined))
    assert.deepEqual(found, [])
    assert.deepEqual(await store.states([first]), [Buffer.alloc(0)])
  })

  test('adds the first successor alone, for shareLimits.successorMs', async () => {
    const { redis, store } = scene()
    assert.equal(await store.addSuccessor(first, second), true)
    assert.equal(await store.addSuccessor(first, third), false)
    assert.equal(redis.text(keys.successor(first)), second)
    assert.equal(redis.ttls.get(keys.successor(first)), shareLimits.successorMs)
  })

  test('adds a lease under a free key alone, and replaces any lease', async () => {
    for (const ttlMs of [undefined, 5_000]) {
      const { redis, store } = scene({ ttlMs })
      assert.equal(await store.add('key', lease), true)
      assert.equal(redis.ttls.get('key'), ttlMs)
      const other = { ...lease, incarnation: second }
      assert.equal(await store.add('key', other), false)
      assert.equal(redis.text('key'), encodeLease(lease))
      redis.ttls.clear()
      await store.replace('key', other)
      assert.equal(redis.text('key'), encodeLease(other))
      assert.equal(redis.ttls.get('key'), ttlMs)
    }
  })

  test('rejects with the first error reply', async () => {
    const { redis, store } = scene()
    redis.failure = ([name]) => `ERR ${name}`
    await assert.rejects(store.read('slot'), /^Error: ERR GETRANGE$/)
    await assert.rejects(store.states([first]), /^Error: ERR GETRANGE$/)
    await assert.rejects(store.replace('key', lease), /^Error: ERR SET$/)
    await assert.rejects(store.add('key', lease), /^Error: ERR SET$/)
    await assert.rejects(store.addSuccessor(first, second), /^Error: ERR SET$/)
  })
})
