// Bug: a cluster whose clock was behind by more than the time to live counted as dead, although it
// wrote.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shareLimits } from '../../src/limits/share.ts'
import { clockedPeers } from '../support/redis/clocked-peers.ts'
import { counted, incarnations } from '../support/redis/source-state.ts'

const [first, _second, _third] = incarnations

test('Peers shows a live cluster whose clock is far behind', () => {
  for (const ttlMs of [60_000, shareLimits.silenceMs, 1_000]) {
    const { take, pass, totals, peers } = clockedPeers({ ttlMs })
    for (let count = 1; count < 20; count += 1) {
      take({ sequence: count, writtenAt: Date.now() - 3_500_000, metrics: [counted(count)] })
      assert.deepEqual(totals(), { 'host-1': count })
      pass(900)
      assert.deepEqual(totals(), { 'host-1': count })
    }
    assert.equal(peers.counts(undefined).get('live'), 1)
  }
})

test('Peers does not show a dead cluster again whose clock was behind', () => {
  const { peers, take, pass, totals } = clockedPeers({ ttlMs: 60_000 })
  const dead = { sequence: 7, writtenAt: Date.now() - 3_500_000, metrics: [counted(5)] }
  take(dead)
  assert.deepEqual(totals(), { 'host-1': 5 })
  pass(shareLimits.silenceMs + 1)
  for (let count = 0; count < 3; count += 1) {
    assert.deepEqual(totals(), {})
    take(dead)
    peers.retain(new Set([first]))
  }
  take({ sequence: 8, metrics: [counted(6)] })
  assert.deepEqual(totals(), { 'host-1': 6 })
})
