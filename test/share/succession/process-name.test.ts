import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import { encodeLease } from '../../../src/share/succession/lease.ts'
import { exchange } from '../../support/redis/exchange.ts'
import {
  before,
  elsewhere,
  keys,
  nameOf,
  publishing,
  totalsOf,
  withPredecessor,
} from '../../support/redis/publishing.ts'
import { counted, incarnations } from '../../support/redis/source-state.ts'

describe('A process name', () => {
  test('starts without predecessors after shareLimits.identityFirstMs without contact', () => {
    const { time, publisher } = publishing()
    time.ms += shareLimits.identityFirstMs
    assert.equal(nameOf(publisher), undefined)
    time.ms += 1
    assert.match(nameOf(publisher)?.instance ?? '', /^host-/)
    assert.deepEqual(totalsOf(publisher.page([counted(1)])), [1])
  })

  test('starts without predecessors after shareLimits.identityTimeoutMs with contact', async () => {
    const { redis, time, publisher } = publishing({ redis: await withPredecessor(elsewhere) })
    await exchange(redis, publisher)
    assert.equal(nameOf(publisher), undefined)
    time.ms += shareLimits.identityTimeoutMs
    assert.equal(nameOf(publisher), undefined)
    time.ms += 1
    assert.deepEqual(nameOf(publisher)?.predecessors, [])
  })

  test('has the given instance without contact, and neither a lease nor old states', () => {
    const { time, publisher } = publishing({ instance: 'shop-1' })
    time.ms += shareLimits.identityFirstMs + 1
    assert.deepEqual(publisher.identity, { instance: 'shop-1', predecessors: [] })
    const names = publisher.steps().map(({ command: [name] }) => name)
    assert.deepEqual(names, ['SET', 'ZADD', 'EXISTS'])
  })

  test('keeps the labels of the series when Redis confirms the name', async () => {
    const { redis, time, facts, publisher } = publishing()
    time.ms += shareLimits.identityFirstMs + 1
    const attributes = () => publisher.page(facts.metrics)[0]?.points[0]?.attributes
    const before = attributes()
    assert.match(String(before?.['instance']), /^host-/)
    await exchange(redis, publisher)
    assert.equal(attributes(), before)
  })

  test('keeps predecessors and totals with another lease', async () => {
    const { redis, publisher, stored, leaseKey } = publishing({ redis: await withPredecessor() })
    await exchange(redis, publisher)
    const key = leaseKey()
    redis.values.delete(key)
    await exchange(redis, publisher)
    const other = { incarnation: incarnations[1], instance: 'x', predecessors: [], ...elsewhere }
    redis.values.set(key, Buffer.from(encodeLease(other)))
    redis.values.set(keys.successor(other.incarnation), Buffer.from(incarnations[2]))
    await exchange(redis, publisher)
    await exchange(redis, publisher)
    const leases = [...redis.values.keys()].filter((each) => each.includes(':lease:'))
    assert.equal(leases.length, 2)
    assert.deepEqual(publisher.identity?.predecessors, [before])
    assert.deepEqual(JSON.parse(redis.text(leases[1] ?? '') ?? '').predecessors, [before])
    assert.deepEqual(stored().metrics, [counted(7)])
  })

  test('removes no old states in the final round trip after a takeover', async () => {
    const { redis, publisher } = publishing()
    await exchange(redis, publisher)
    redis.values.set(keys.successor(publisher.incarnation), Buffer.from(before))
    await exchange(redis, publisher)
    publisher.end()
    const names = publisher.steps().map(({ command: [name] }) => name)
    assert.deepEqual(names, ['SET', 'ZADD', 'EXISTS'])
  })

  test('continues the totals of a predecessor and removes its state once', async () => {
    const { redis, publisher, stored } = publishing({ redis: await withPredecessor() })
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
    const { redis, notices, publisher, stored } = publishing()
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
    const { redis, publisher, leaseKey } = publishing({ ttlMs: 5_000 })
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
    const { redis, publisher } = publishing()
    await publisher.prepare(async (commands) => {
      for (const [, key] of commands) {
        if (String(key).includes(':lease:')) redis.values.set(String(key), Buffer.from('taken'))
      }
      return await redis.send(commands)
    })
    const names = publisher.steps().map(({ command: [name] }) => name)
    assert.deepEqual(names, ['SET', 'ZADD', 'EXISTS'])
  })

  test('takes another name and another lease after the takeover of a given name', async () => {
    const { redis, publisher } = publishing({ instance: 'shop-1' })
    assert.equal(publisher.hurryMs(), shareLimits.identityPollMs)
    await exchange(redis, publisher)
    assert.equal(publisher.hurryMs(), undefined)
    redis.values.set(keys.successor(publisher.incarnation), Buffer.from(before))
    await exchange(redis, publisher)
    const instance = `shop-1-${publisher.incarnation.slice(0, 8)}`
    assert.equal(publisher.identity?.instance, instance)
    redis.commands.length = 0
    await exchange(redis, publisher)
    assert.equal(publisher.identity?.instance, instance)
    const leases = [...redis.values.keys()].filter((key) => key.includes(':lease:'))
    assert.equal(leases.length, 2)
    const names = redis.commands.map(([name]) => name)
    assert.ok(!names.includes('DEL') && !names.includes('ZREM'))
  })

  test('acquires no lease for the final state', async () => {
    const { redis, publisher } = publishing()
    publisher.end()
    await exchange(redis, publisher)
    assert.deepEqual(redis.commands, [])
  })
})
