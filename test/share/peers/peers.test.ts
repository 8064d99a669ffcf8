import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import type { Metric } from '../../../src/model/metric.ts'
import { encodePeerState } from '../../../src/share/peers/peer-state.ts'
import { Peers } from '../../../src/share/peers/peers.ts'
import { clockedPeers, totalsOf } from '../../support/redis/clocked-peers.ts'
import { counted, incarnations, orders, sourceState } from '../../support/redis/source-state.ts'

const [first, second, third] = incarnations

describe('A peer', () => {
  test('stays for the time to live, whatever is read meanwhile', () => {
    const { peers, take, pass, totals } = clockedPeers()
    take({ metrics: [counted(5)] })
    pass(9_000)
    peers.take(first, Buffer.alloc(0))
    peers.take(first, null)
    assert.deepEqual(totals(), { 'host-1': 5 })
    pass(1_001)
    assert.deepEqual(totals(), {})
    take({ sequence: 2, metrics: [counted(6)] })
    assert.deepEqual(totals(), { 'host-1': 6 })
  })

  test('stays without end where no time to live is set', () => {
    const { take, pass, totals } = clockedPeers(undefined)
    const eternal = new Peers({ ttlMs: undefined, now: () => 1e12 })
    eternal.take(first, encodePeerState(sourceState({ metrics: [counted(5)], retained: [] })))
    assert.deepEqual(totalsOf(eternal.metrics(undefined)), { 'host-1': 5 })
    take({ metrics: [counted(5)] })
    pass(1e12)
    assert.deepEqual(totals(), {})
  })

  test('is as old as its own clock says when it is first read', () => {
    const { take, pass, totals } = clockedPeers(60_000)
    take({ writtenAt: Date.now() - 50_000, metrics: [counted(5)] })
    pass(9_000)
    assert.deepEqual(totals(), { 'host-1': 5 })
    pass(1_500)
    assert.deepEqual(totals(), {})
  })

  test('never goes back to an earlier state after a failover of Redis', () => {
    const { take, totals } = clockedPeers()
    take({ sequence: 7, metrics: [counted(70)] })
    take({ sequence: 6, metrics: [counted(60)] })
    assert.deepEqual(totals(), { 'host-1': 70 })
  })

  test('is stale when it is silent or has ended', () => {
    const { peers, take, pass } = clockedPeers()
    const state = (): string | undefined =>
      [...peers.counts(undefined)].find(([, count]) => count > 0)?.[0]
    take({ intervalMs: 2_000 })
    pass(5_000)
    assert.equal(state(), 'live')
    pass(1_001)
    assert.equal(state(), 'stale')
    take({ sequence: 2 })
    assert.equal(state(), 'live')
    take({ sequence: 3, hasEnded: true })
    assert.equal(state(), 'stale')
  })

  test('disappears when its successor is read', () => {
    const { peers, take, totals } = clockedPeers()
    take({ metrics: [counted(5)] })
    take({
      incarnation: second,
      predecessors: [first],
      startedAt: 1_800_000_000_000,
      metrics: [counted(6)],
    })
    assert.deepEqual(totals(), { 'host-1': 6 })
    assert.equal(peers.counts(undefined).get('replaced'), 1)
    assert.deepEqual(totalsOf(peers.metrics({ instance: 'host-1', predecessors: [second] })), {})
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
})

test('An instance label of the application becomes exported_instance', () => {
  const { peers, take } = clockedPeers()
  take({ metrics: [counted(1, { instance: 'i-123' })] })
  const [metric] = peers.metrics(undefined)
  assert.deepEqual(metric?.points[0]?.attributes, {
    instance: 'host-1',
    exported_instance: 'i-123',
  })
})

test('A rejected value counts once while it stays in place', () => {
  const { peers } = clockedPeers()
  const bad = Buffer.from('bad')
  for (let count = 0; count < 3; count += 1) peers.take(first, bad)
  peers.take(second, bad)
  peers.retain(new Set([first]))
  peers.take(second, bad)
  peers.take(first, bad)
  assert.deepEqual([...peers.refused], [['format', 3]])
})

test('A peer with more series than fit is rejected and counted', () => {
  const { peers, take, totals } = clockedPeers()
  const many = (): Metric[] => series(shareLimits.sharedSeries / 2)
  take({ incarnation: first, metrics: many() })
  take({ incarnation: second, instance: 'host-2', metrics: [counted(2)] })
  take({ incarnation: third, instance: 'host-3', metrics: many() })
  assert.deepEqual(Object.keys(totals()), ['host-1', 'host-2'])
  assert.deepEqual([...peers.refused], [['limit', 1]])
})

function series(length: number): Metric[] {
  const points = Array.from({ length }, (_, index) => ({ attributes: { index }, value: 1 }))
  return [{ descriptor: orders, points }]
}
