import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import { targetInfo } from '../../../src/model/catalog/target-info.ts'
import type { Metric } from '../../../src/model/metric.ts'
import { OutsidePeers } from '../../../src/share/peers/outside-peers.ts'
import { clockedPeers } from '../../support/redis/clocked-peers.ts'
import { counted, incarnations, sourceState } from '../../support/redis/source-state.ts'

const [first, second, third] = incarnations

/** Metrics of a process on a node. */
function on(node: string | undefined, value: number): Metric[] {
  return [counted(value), targetInfo(node === undefined ? {} : { 'k8s.node.name': node })]
}

describe('A reader for one node', () => {
  test('shows the peers of its node alone, and counts the others by reason', () => {
    const { peers, take, totals } = clockedPeers({ node: 'node-1' })
    take({ incarnation: first, instance: 'one', metrics: on('node-1', 5) })
    take({ incarnation: second, instance: 'two', metrics: on('node-2', 7) })
    take({ incarnation: third, instance: 'three', metrics: on(undefined, 9) })
    assert.deepEqual(totals(), { one: 5 })
    assert.deepEqual(
      peers.shown().map(({ instance }) => instance),
      ['one'],
    )
    assert.deepEqual(Object.fromEntries(peers.outside), { other_node: 1, no_node_name: 1 })
    assert.deepEqual(
      [first, second, third].map((each) => peers.isOutside(each)),
      [...[false, true, true]],
    )
    assert.equal(peers.refused.size, 0)
  })

  test('takes an empty name of a node for no name', () => {
    const { peers, take } = clockedPeers({ node: 'node-1' })
    take({ metrics: on('', 5) })
    assert.equal(peers.outside.get('no_node_name'), 1)
  })

  test('does not believe a target_info of the application', () => {
    const { peers, take } = clockedPeers({ node: 'node-1' })
    const [count, target] = on('node-1', 5)
    assert.ok(count && target)
    const foreign = { ...target, descriptor: { ...target.descriptor, scope: 'shop' } }
    take({ metrics: [count, foreign] })
    assert.equal(peers.outside.get('no_node_name'), 1)
  })

  test('drops a process whose totals go on in a process of another node', () => {
    const { peers, take, totals } = clockedPeers({ node: 'node-1' })
    take({ incarnation: first, metrics: on('node-1', 5), hasEnded: true })
    assert.deepEqual(totals(), { 'host-1': 5 })
    take({ incarnation: second, predecessors: [first], metrics: on('node-2', 8) })
    assert.deepEqual(totals(), {})
    assert.equal(peers.counts(undefined).get('replaced'), 1)
  })

  test('does not take a process after its successor on another node', () => {
    const { take, totals } = clockedPeers({ node: 'node-1' })
    take({ incarnation: second, predecessors: [first], metrics: on('node-2', 8) })
    take({ incarnation: first, metrics: on('node-1', 5), hasEnded: true })
    assert.deepEqual(totals(), {})
  })

  test('shows a process that continues totals of another node', () => {
    const { peers, take, totals } = clockedPeers({ node: 'node-2' })
    take({ incarnation: first, metrics: on('node-1', 5) })
    take({ incarnation: second, predecessors: [first], metrics: on('node-2', 8) })
    assert.deepEqual(totals(), { 'host-1': 8 })
    peers.retain(new Set([second]))
    assert.equal(peers.outside.get('other_node'), 0)
  })

  test('holds no series of other nodes against its limit', () => {
    const { take, totals } = clockedPeers({ node: 'node-1', maxSeries: 2 })
    take({ incarnation: first, metrics: on('node-2', 5) })
    take({ incarnation: second, instance: 'two', metrics: on('node-1', 7) })
    assert.deepEqual(totals(), { two: 7 })
  })
})

describe('A reader without a node', () => {
  test('leaves no peer out', () => {
    const { peers, take, totals } = clockedPeers()
    take({ metrics: on(undefined, 5) })
    assert.deepEqual(totals(), { 'host-1': 5 })
    assert.equal(peers.outside.size, 0)
  })
})

test('OutsidePeers remembers a bounded number of peers', () => {
  const outside = new OutsidePeers('node-1')
  for (let count = 0; count <= shareLimits.peers; count += 1) {
    const state = sourceState({ incarnation: randomUUID(), metrics: on('node-2', 1) })
    assert.equal(outside.leavesOut(state), true)
  }
  assert.equal(outside.counts.get('other_node'), shareLimits.peers)
})
