// Bug: a large fleet that restarted needed room for the old and the new clusters at once. Peers
// left out some of the new clusters.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { shareLimits } from '../../src/limits/share.ts'
import type { Metric } from '../../src/model/metric.ts'
import { type ClockedPeers, clockedPeers } from '../support/redis/clocked-peers.ts'
import { counted, incarnations, orders } from '../support/redis/source-state.ts'

const [first, second, third] = incarnations

test('A restarted fleet has room for all its series', () => {
  const all = clockedPeers()
  const { peers, take, pass } = all
  const olds = fleet(3)
  const large = series(shareLimits.sharedSeries / 3)
  restart(all, olds, large)
  assert.equal(peers.shown().length, 3)
  assert.deepEqual([...peers.refused], [])
  assert.equal(peers.counts(undefined).get('replaced'), 3)
  // What a failover brought back is not taken again, however new it is.
  take({ incarnation: olds[0] ?? '', sequence: 9, instance: 'host-0', metrics: large })
  assert.equal(peers.shown().length, 3)
  assert.deepEqual([...peers.refused], [])
  // Nor is it counted for longer than any.
  pass(10_001)
  assert.equal(peers.counts(undefined).get('replaced'), 0)
  take({ incarnation: third, instance: 'host-9', metrics: large })
  assert.equal(peers.shown().length, 1)
})

test('A restarted fleet has room for all its clusters', () => {
  const all = clockedPeers()
  const successors = restart(all, fleet(shareLimits.peers), [counted(1)])
  assert.equal(all.peers.shown().length, shareLimits.peers)
  assert.deepEqual([...all.peers.refused], [])
  assert.equal(all.peers.counts(undefined).get('replaced'), shareLimits.peers)
  // They are remembered up to the same bound.
  all.take({ incarnation: first, predecessors: successors.slice(0, 1), instance: 'host-0' })
  assert.equal(all.peers.counts(undefined).get('replaced'), shareLimits.peers)
  assert.equal(all.peers.shown().length, shareLimits.peers)
  assert.deepEqual([...all.peers.refused], [])
})

test('A restarted fleet takes no room for late values of old clusters', () => {
  const { peers, take } = clockedPeers()
  const large = series(shareLimits.sharedSeries / 2)
  take({ incarnation: second, predecessors: [first], metrics: large })
  take({ incarnation: first, metrics: large })
  take({ incarnation: third, instance: 'host-3', metrics: large })
  assert.equal(peers.shown().length, 2)
  assert.deepEqual([...peers.refused], [])
})

test("A restarted fleet leaves room for the reader's own predecessors", () => {
  const { peers, take } = clockedPeers()
  const large = series(shareLimits.sharedSeries)
  take({ incarnation: first, metrics: large })
  assert.deepEqual(peers.metrics({ instance: 'host-1', predecessors: [first] }), [])
  take({ incarnation: second, instance: 'host-2', metrics: large })
  assert.deepEqual([...peers.refused], [])
})

function fleet(count: number): string[] {
  return Array.from({ length: count }, () => randomUUID())
}

/** Reads the old clusters and then a successor of each, and returns the names of the successors. */
function restart(
  { take }: Pick<ClockedPeers, 'take'>,
  olds: readonly string[],
  metrics: readonly Metric[],
): string[] {
  const successors = fleet(olds.length)
  for (const [index, incarnation] of olds.entries()) {
    take({ incarnation: incarnation, instance: `host-${index}`, metrics })
  }
  for (const [index, old] of olds.entries()) {
    const predecessors = [old, old]
    take({
      incarnation: successors[index] ?? '',
      predecessors: predecessors,
      instance: `host-${index}`,
      metrics,
    })
  }
  return successors
}

function series(length: number): Metric[] {
  const points = Array.from({ length }, (_, index) => ({ attributes: { index }, value: 1 }))
  return [{ descriptor: orders, points }]
}
