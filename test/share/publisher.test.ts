import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../src/limits/share.ts'
import type { Metric } from '../../src/model/metric.ts'
import { withoutCodes } from '../support/config/sentences.ts'
import { exchange } from '../support/redis/exchange.ts'
import { keys, nameOf, publishing, totalsOf } from '../support/redis/publishing.ts'
import { counted, depth, incarnations } from '../support/redis/source-state.ts'

const gauge: Metric = { descriptor: depth, points: [{ attributes: {}, value: 3 }] }

describe('Publisher', () => {
  test('writes the state, the index and the lease in one round trip', async () => {
    const { redis, publisher, stored } = publishing()
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

  test('limits the lifetime of state and index to the time to live', async () => {
    for (const ttlMs of [undefined, 9_000]) {
      const { redis, publisher } = publishing({ ttlMs })
      await exchange(redis, publisher)
      assert.equal(redis.ttls.get(keys.source(publisher.incarnation)), ttlMs)
      assert.equal(redis.ttls.get(keys.index), ttlMs && ttlMs + shareLimits.clockSkewMs)
    }
  })

  test('shows the totals that Redis has confirmed, and current gauges', async () => {
    const { redis, time, facts, publisher } = publishing()
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
    const { redis, publisher } = publishing()
    redis.failure = ([name, key]) =>
      name === 'SET' && String(key).includes(':source:') ? 'OOM' : undefined
    await exchange(redis, publisher)
    assert.deepEqual(totalsOf(publisher.page([counted(7)])), [7])
  })

  test('shows current totals while Redis has not replied OK', async () => {
    const { redis, time, publisher } = publishing()
    await publisher.prepare(redis.send)
    publisher.steps()[0]?.take?.(null)
    assert.deepEqual(totalsOf(publisher.page([counted(7)])), [7])
    time.ms += 1
    publisher.steps()[0]?.take?.('OK')
    assert.deepEqual(totalsOf(publisher.page([counted(7)])), [2])
  })

  test('marks the final state and acquires no name for it', async () => {
    const { redis, publisher, stored } = publishing()
    await exchange(redis, publisher)
    publisher.end()
    await exchange(redis, publisher)
    assert.equal(stored().hasEnded, true)
    const late = publishing()
    late.publisher.end()
    await exchange(late.redis, late.publisher)
    assert.deepEqual(late.redis.commands, [])
  })

  test('changes its name when another cluster uses the name, and warns once', async () => {
    const { redis, facts, notices, publisher, stored } = publishing({ instance: 'shop-1' })
    await exchange(redis, publisher)
    assert.equal(stored().instance, 'shop-1')
    facts.isNameTaken = true
    await exchange(redis, publisher)
    // Without a state under the new name, the name cannot be taken.
    publisher.settle()
    facts.isNameTaken = false
    await exchange(redis, publisher)
    const instance = `shop-1-${publisher.incarnation.slice(0, 8)}`
    assert.equal(stored().instance, instance)
    assert.equal(notices.length, 1)
    assert.match(notices[0] ?? '', /same service\.instance\.id/)
    assert.ok(withoutCodes(notices[0] ?? '').endsWith(instance))
  })

  test('checks no name before its first state', () => {
    const { facts, notices, publisher } = publishing()
    facts.isNameTaken = true
    publisher.settle()
    assert.deepEqual(notices, [])
  })

  test('shows current totals and tells the operator after a takeover', async () => {
    const { redis, facts, notices, publisher, stored } = publishing()
    await exchange(redis, publisher)
    const { incarnation } = publisher
    redis.values.set(keys.successor(incarnation), Buffer.from(incarnations[0]))
    facts.isNameTaken = true
    await exchange(redis, publisher)
    facts.isNameTaken = false
    assert.match(notices[0] ?? '', /took over its name/)
    assert.deepEqual(totalsOf(publisher.page([counted(8)])), [8])
    await exchange(redis, publisher)
    assert.equal(stored().sequence, 1)
    assert.equal(notices.length, 1)
  })
})
