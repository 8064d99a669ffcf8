// Bug: a cluster that restarted twice named a predecessor that its peers had never seen. The peers
// kept the old cluster and hid the new one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shareLimits } from '../../src/limits/share.ts'
import { clockedPeers } from '../support/redis/clocked-peers.ts'
import { counted, incarnations, sourceState } from '../support/redis/source-state.ts'

const [first, second, third] = incarnations

test('A cluster gives way to a successor whose direct predecessor is unknown', () => {
  const { peers, take, pass, totals } = clockedPeers()
  take({ metrics: [counted(5)] })
  pass(200)
  const later = {
    incarnation: third,
    predecessors: [second, first],
    startedAt: 1_800_000_000_000,
  }
  take({ ...later, metrics: [counted(6)] })
  assert.deepEqual(totals(), { 'host-1': 6 })
  assert.equal(peers.counts(undefined).get('replaced'), 1)
  assert.equal(peers.isNameTaken(sourceState(later)), false)
})

test('A silent cluster does not keep its name from a live cluster', () => {
  for (const [ms, hasEnded] of [
    [shareLimits.silenceMs + 1, false],
    [1, true],
  ] as const) {
    const { peers, take, pass, totals } = clockedPeers({ ttlMs: 60_000 })
    take({ metrics: [counted(5)], hasEnded })
    pass(ms)
    take({ incarnation: second, startedAt: 1_800_000_000_000, metrics: [counted(6)] })
    assert.deepEqual(totals(), { 'host-1': 6 })
    assert.equal(peers.counts(undefined).get('name_conflict'), 1)
    // Nor when that one has died as well.
    pass(shareLimits.silenceMs + 1)
    assert.deepEqual(totals(), { 'host-1': 6 })
  }
})

test('Of two live clusters with one name, Peers shows the older one', () => {
  const { peers, take, totals } = clockedPeers()
  take({ incarnation: second, startedAt: 2, metrics: [counted(2)] })
  take({ incarnation: first, startedAt: 1, metrics: [counted(1)] })
  assert.deepEqual(totals(), { 'host-1': 1 })
  assert.equal(peers.counts(undefined).get('name_conflict'), 1)
  assert.equal(peers.isNameTaken(sourceState({ incarnation: second, startedAt: 2 })), true)
  assert.equal(peers.isNameTaken(sourceState({ incarnation: first, startedAt: 1 })), false)
})
