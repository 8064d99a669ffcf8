import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import type { Metric } from '../../../src/model/metric.ts'
import { encodePeerState } from '../../../src/share/peers/peer-state.ts'
import { clockedPeers, totalsOf } from '../../support/redis/clocked-peers.ts'
import {
  counted,
  depth,
  incarnations,
  orders,
  sourceState,
} from '../../support/redis/source-state.ts'

const [first, second, third, fourth] = incarnations
/** A start after the start of other states. */
const startedAt = 1_800_000_000_000

describe('A peer', () => {
  test('stays for the time to live after its last state', () => {
    const { peers, take, pass, totals } = clockedPeers()
    const bytes = take({ metrics: [counted(5)] })
    pass(9_000)
    peers.take(first, Buffer.alloc(0))
    peers.take(first, null)
    peers.take(first, bytes)
    assert.deepEqual(totals(), { 'host-1': 5 })
    pass(1_000)
    assert.deepEqual(totals(), { 'host-1': 5 })
    pass(1)
    assert.deepEqual(totals(), {})
    // The same state stays in Redis.
    peers.take(first, bytes)
    assert.deepEqual(totals(), {})
    take({ sequence: 2, metrics: [counted(6)] })
    assert.deepEqual(totals(), { 'host-1': 6 })
    assert.equal(peers.refused.size, 0)
  })

  test('stays forever where no time to live is set', () => {
    const { take, pass, totals } = clockedPeers({ ttlMs: undefined })
    take({ metrics: [counted(5)] })
    pass(1e12)
    assert.deepEqual(totals(), { 'host-1': 5 })
  })

  test('stays live and on the page while an index has new writes', () => {
    const { peers, take, pass, totals } = clockedPeers({ ttlMs: 10_000 })
    take({ metrics: [counted(5)] })
    for (let round = 1; round <= 5; round += 1) {
      pass(4_000)
      const now = 1_000 + 4_000 * round
      const unchanged = { since: now, until: now }
      peers.hear(first, { version: `${round}`, unchanged, pauseMs: 4_000 })
      assert.equal(peers.counts(undefined).get('live'), 1)
    }
    // Two pauses between looks are longer than shareLimits.silenceMs.
    pass(8_000)
    assert.equal(peers.counts(undefined).get('live'), 1)
    pass(1)
    assert.equal(peers.counts(undefined).get('stale'), 1)
    assert.deepEqual(totals(), { 'host-1': 5 })
    pass(2_000)
    assert.deepEqual(totals(), {})
  })

  test('is not live again when an outage of Redis ends without a new write', () => {
    const { peers, take, pass } = clockedPeers({ ttlMs: 60_000 })
    take({})
    peers.hear(first, { version: '1', unchanged: { since: 1_000, until: 1_000 }, pauseMs: 1_000 })
    pass(20_000)
    peers.hear(first, { version: '1', unchanged: { since: 21_000, until: 21_000 }, pauseMs: 1_000 })
    assert.equal(peers.counts(undefined).get('stale'), 1)
  })

  test('loses its gauges after a silence that an index shows', () => {
    const { peers, take, pass } = clockedPeers({ ttlMs: 60_000 })
    const writtenAt = Date.now() + 60_000
    take({ writtenAt, metrics: [{ descriptor: depth, points: [{ attributes: {}, value: 1 }] }] })
    const series = (): number => peers.metrics(undefined).length
    const hear = (since: number, until: number): void =>
      peers.hear(first, { version: String(writtenAt), unchanged: { since, until }, pauseMs: 1_000 })
    pass(6_000)
    hear(1_000, 6_000)
    assert.equal(series(), 1)
    hear(1_000, 7_000)
    assert.equal(series(), 0)
  })

  test('has the age of its state when it is first read', () => {
    const { take, pass, totals } = clockedPeers({ ttlMs: 60_000 })
    take({ writtenAt: Date.now() - 50_000, metrics: [counted(5)] })
    pass(9_000)
    assert.deepEqual(totals(), { 'host-1': 5 })
    pass(1_500)
    assert.deepEqual(totals(), {})
  })

  test('stays for three more intervals if its first state seems too old', () => {
    const { take, pass, totals } = clockedPeers({ ttlMs: 60_000 })
    take({ writtenAt: Date.now() - 600_000, intervalMs: 5_000, metrics: [counted(5)] })
    pass(15_000)
    assert.deepEqual(totals(), { 'host-1': 5 })
    pass(1)
    assert.deepEqual(totals(), {})
  })

  test('has the age zero where its clock is ahead, or its state is not the first', () => {
    const { peers, take } = clockedPeers({ ttlMs: 60_000 })
    take({ writtenAt: Date.now() + 50_000 })
    take({ incarnation: second, instance: 'host-2', writtenAt: Date.now() })
    take({ incarnation: second, instance: 'host-2', writtenAt: 0, sequence: 2 })
    assert.deepEqual(
      peers.shown().map(({ ageSeconds }) => ageSeconds),
      [0, 0],
    )
    const eternal = clockedPeers({ ttlMs: undefined })
    eternal.take({ writtenAt: 0 })
    assert.equal(eternal.peers.shown()[0]?.ageSeconds, 0)
  })

  test('never goes back to an earlier state after a failover of Redis', () => {
    const { take, totals } = clockedPeers()
    take({ sequence: 7, metrics: [counted(70)] })
    take({ sequence: 6, metrics: [counted(60)] })
    take({ sequence: 7, metrics: [counted(71)] })
    assert.deepEqual(totals(), { 'host-1': 70 })
  })

  test('is counted by its condition', () => {
    const { peers, take, pass } = clockedPeers()
    const counts = () => Object.fromEntries(peers.counts(undefined))
    const none = { live: 0, stale: 0, replaced: 0, name_conflict: 0 }
    assert.deepEqual(counts(), none)
    take({ intervalMs: 2_000 })
    pass(6_000)
    assert.deepEqual(counts(), { ...none, live: 1 })
    pass(1)
    assert.deepEqual(counts(), { ...none, stale: 1 })
    take({ incarnation: second, startedAt })
    take({ incarnation: third, startedAt: startedAt + 1 })
    assert.deepEqual(counts(), { ...none, live: 1, name_conflict: 2 })
  })

  test('is not shown where the reader has the same name', () => {
    const { peers, take } = clockedPeers()
    take({ metrics: [counted(1)] })
    assert.deepEqual(peers.metrics({ instance: 'host-1', predecessors: [] }), [])
  })

  test('is rejected under the key of another peer', () => {
    const { peers, totals } = clockedPeers()
    peers.take(second, encodePeerState(sourceState()))
    assert.deepEqual(totals(), {})
    assert.deepEqual([...peers.refused], [['content', 1]])
  })

  test('is shown with the name of its last state', () => {
    const { take, totals } = clockedPeers()
    take({ metrics: [counted(1)] })
    take({ sequence: 2, instance: 'host-9', metrics: [counted(2)] })
    assert.deepEqual(totals(), { 'host-9': 2 })
  })

  test('is labelled once per state', () => {
    const { peers, take } = clockedPeers()
    take({})
    const [metric] = peers.metrics(undefined)
    assert.equal(peers.metrics(undefined)[0], metric)
    assert.equal(metric?.points[0]?.attributes['instance'], 'host-1')
    take({ sequence: 2 })
    assert.notEqual(peers.metrics(undefined)[0], metric)
  })
})

describe('The list of shown peers', () => {
  test('has live, stale and ended peers with the age of their states', () => {
    const { peers, take, pass } = clockedPeers()
    take({ service: 'old' })
    pass(4_000)
    take({ incarnation: second, instance: 'host-2', hasEnded: true, startedAt })
    pass(1_500)
    take({ incarnation: third, instance: 'host-3', startedAt: startedAt + 1 })
    take({ incarnation: fourth, startedAt: startedAt + 1, hasEnded: true })
    const ages = peers.shown().map(({ ageSeconds, ...others }) => {
      assert.ok(ageSeconds >= 0)
      return { ...others, age: Math.round(10 * ageSeconds) / 10 }
    })
    assert.deepEqual(ages, [
      { instance: 'host-2', service: 'shop', state: 'ended', age: 1.5 },
      { instance: 'host-3', service: 'shop', state: 'live', age: 0 },
      { instance: 'host-1', service: 'shop', state: 'ended', age: 0 },
    ])
  })

  test('calls a silent peer stale', () => {
    const { peers, take, pass } = clockedPeers()
    take({})
    pass(shareLimits.silenceMs + 1)
    assert.equal(peers.shown()[0]?.state, 'stale')
  })
})

describe('A successor', () => {
  const successor = { incarnation: second, predecessors: [first], startedAt }

  test('takes the place of its predecessor, whose states are not read again', () => {
    const { peers, take, pass, totals } = clockedPeers()
    take({ metrics: [counted(5)] })
    take({ ...successor, metrics: [counted(6)] })
    assert.deepEqual(totals(), { 'host-1': 6 })
    assert.equal(peers.counts(undefined).get('replaced'), 1)
    take({ sequence: 2, instance: 'host-9', metrics: [counted(7)] })
    assert.deepEqual(totals(), { 'host-1': 6 })
    pass(10_001)
    assert.equal(peers.counts(undefined).get('replaced'), 0)
  })

  test('of a successor hides both predecessors, although it names only one', () => {
    const { take, totals } = clockedPeers()
    take({ metrics: [counted(5)] })
    take({ ...successor, metrics: [counted(6)] })
    const last = { incarnation: third, predecessors: [second], startedAt: startedAt + 1 }
    take({ ...last, metrics: [counted(7)] })
    take({ sequence: 2, instance: 'host-9', metrics: [counted(8)] })
    assert.deepEqual(totals(), { 'host-1': 7 })
  })

  test('hides a predecessor that is read later', () => {
    const { peers, take, pass, totals } = clockedPeers()
    pass(60_000)
    take({ ...successor, metrics: [counted(6)] })
    take({ instance: 'host-9', metrics: [counted(5)] })
    assert.deepEqual(totals(), { 'host-1': 6 })
    assert.deepEqual([peers.counts(undefined).get('replaced'), peers.refused.size], [1, 0])
  })

  test('that reads the peers hides its predecessors', () => {
    const { peers, take } = clockedPeers()
    take({ metrics: [counted(5)] })
    assert.deepEqual(peers.metrics({ instance: 'host-9', predecessors: [first] }), [])
    assert.equal(peers.counts(undefined).get('replaced'), 1)
  })
})

describe('A name is taken', () => {
  const own = { incarnation: second, startedAt, predecessors: [] }
  const cases: Record<string, readonly [peer: object, own: object, expected: boolean]> = {
    'by a live peer that started earlier': [{}, {}, true],
    'by no peer with another name': [{ instance: 'host-2' }, {}, false],
    'by no peer that started later': [{ startedAt: startedAt + 1 }, {}, false],
    'by no peer that has ended': [{ hasEnded: true }, {}, false],
    'by no predecessor': [{}, { predecessors: [first] }, false],
  }
  for (const [name, [peer, parts, expected]] of Object.entries(cases)) {
    test(name, () => {
      const { peers, take } = clockedPeers()
      take(peer)
      assert.equal(peers.isNameTaken(sourceState({ ...own, ...parts })), expected)
    })
  }
})

describe('A rejected value', () => {
  test('counts once while it stays in place', () => {
    const { peers } = clockedPeers()
    const bad = Buffer.from('bad')
    for (let count = 0; count < 3; count += 1) peers.take(first, bad)
    peers.take(second, bad)
    peers.retain(new Set([first]))
    peers.take(second, bad)
    peers.take(first, bad)
    assert.deepEqual([...peers.refused], [['format', 3]])
  })

  test('counts again after a valid value', () => {
    const { peers, take, totals } = clockedPeers()
    const bad = Buffer.from('bad')
    peers.take(first, bad)
    take({ metrics: [counted(1)] })
    peers.take(first, bad)
    assert.deepEqual([...peers.refused], [['format', 2]])
    assert.deepEqual(totals(), { 'host-1': 1 })
  })
})

describe('A peer with more series than fit', () => {
  test('is rejected and counted, and its earlier state stays', () => {
    assert.equal(shareLimits.sharedSeries, 300_000)
    const { peers, take, totals } = clockedPeers({ maxSeries: 3 })
    take({ metrics: series(1) })
    take({ incarnation: second, instance: 'host-2', metrics: series(2) })
    take({ incarnation: third, instance: 'host-3', metrics: series(1) })
    take({ sequence: 2, metrics: series(2) })
    assert.deepEqual(totals(), { 'host-1': 1, 'host-2': 1 })
    assert.deepEqual([...peers.refused], [['limit', 2]])
    take({ incarnation: second, instance: 'host-2', sequence: 2, metrics: series(1) })
    take({ sequence: 3, metrics: series(2) })
    take({ incarnation: third, instance: 'host-3', sequence: 2, metrics: series(1) })
    assert.deepEqual([...peers.refused], [['limit', 3]])
  })

  test('fits when a predecessor makes room', () => {
    const { peers, take, totals } = clockedPeers({ maxSeries: 2 })
    take({ metrics: series(2) })
    const successor = { incarnation: second, predecessors: [first], instance: 'host-2', startedAt }
    take({ ...successor, metrics: series(1) })
    take({ incarnation: third, instance: 'host-3', metrics: series(1) })
    assert.deepEqual(Object.keys(totals()), ['host-3', 'host-2'])
    assert.equal(peers.refused.size, 0)
  })

  test('fits when another peer has disappeared', () => {
    const { peers, take, pass, totals } = clockedPeers({ maxSeries: 2 })
    take({ metrics: series(2) })
    pass(10_001)
    assert.deepEqual(totals(), {})
    take({ incarnation: second, metrics: series(2) })
    take({ incarnation: third, instance: 'host-3', metrics: [gauge] })
    assert.deepEqual([...peers.refused], [['limit', 1]])
  })
})

test('Peers are at most shareLimits.peers; a successor replaces its predecessor', () => {
  const { peers, take } = clockedPeers()
  const known = (number: number) => ({
    incarnation: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    instance: String(number),
    metrics: [],
  })
  for (let number = 0; number <= shareLimits.peers; number += 1) take(known(number))
  assert.equal(peers.counts(undefined).get('live'), shareLimits.peers)
  assert.deepEqual([...peers.refused], [['limit', 1]])
  take({ ...known(0), sequence: 2 })
  take({ ...known(9_999), predecessors: [known(1).incarnation] })
  assert.equal(peers.counts(undefined).get('live'), shareLimits.peers)
  assert.deepEqual([...peers.refused], [['limit', 1]])
})

test('A page of peers has no series of other names', () => {
  const { peers, take } = clockedPeers()
  take({ metrics: [counted(1)] })
  take({ incarnation: second, startedAt, metrics: [counted(2)] })
  assert.deepEqual(totalsOf(peers.metrics(undefined)), { 'host-1': 1 })
})

const gauge: Metric = { descriptor: depth, points: [{ attributes: {}, value: 1 }] }

function series(length: number): Metric[] {
  const points = Array.from({ length }, (_, index) => ({ attributes: { index }, value: 1 }))
  return [{ descriptor: orders, points }]
}
