import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import { catalog } from '../../../src/model/catalog/catalog.ts'
import type { Declaration } from '../../../src/model/catalog/declaration.ts'
import { declared, point } from '../../../src/model/catalog/declared.ts'
import type { Metric } from '../../../src/model/metric.ts'
import { IgnoredValues } from '../../../src/share/peers/ignored-values.ts'
import { InstanceLabels } from '../../../src/share/peers/instance-labels.ts'
import {
  allOf,
  isEarlier,
  isLive,
  type KnownPeer,
  noteUnchanged,
  silenceMs,
} from '../../../src/share/peers/known-peer.ts'
import { isShown, judge, peerConditions } from '../../../src/share/peers/peer-condition.ts'
import { noSize } from '../../../src/share/peers/peer-size.ts'
import type { PeerState } from '../../../src/share/peers/peer-state.ts'
import { ReplacedPeers } from '../../../src/share/peers/replaced-peers.ts'
import { counted, incarnations, sourceState } from '../../support/redis/source-state.ts'

const [first, second, third] = incarnations

function peer(parts: Partial<PeerState> = {}, receivedAt = 0): KnownPeer {
  const state = sourceState({ intervalMs: 1_000, startedAt: 1, ...parts })
  const labels = new InstanceLabels(state.instance)
  const rest = { size: noSize, unchanged: undefined, heard: undefined, labelled: undefined }
  return { bytes: Buffer.alloc(0), state, labels, receivedAt, ...rest }
}

describe('A peer', () => {
  test('is live until its end or three silent intervals, at least shareLimits.silenceMs', () => {
    assert.equal(silenceMs({ intervalMs: 1_000 }), shareLimits.silenceMs)
    assert.equal(silenceMs({ intervalMs: 10_000 }), 30_000)
    assert.equal(isLive(peer(), shareLimits.silenceMs), true)
    assert.equal(isLive(peer(), shareLimits.silenceMs + 1), false)
    assert.equal(isLive(peer({ hasEnded: true }), 0), false)
  })

  test('is earlier by start, and by incarnation where both start together', () => {
    const one = { startedAt: 1, incarnation: second }
    assert.equal(isEarlier(one, { startedAt: 2, incarnation: first }), true)
    assert.equal(isEarlier(one, { startedAt: 0, incarnation: third }), false)
    assert.equal(isEarlier(one, { startedAt: 1, incarnation: third }), true)
    assert.equal(isEarlier(one, { startedAt: 1, incarnation: first }), false)
    assert.equal(isEarlier(one, one), false)
  })

  test('has the metrics of its workers, and of earlier workers until their time', () => {
    // The clock of the peer shows other times than the monotonic clock here.
    const writtenAt = 1_700_000_000_000
    const retained = [5, 6].map((ms) => ({ until: writtenAt + ms, metrics: [counted(ms)] }))
    const known = peer({ metrics: [counted(1), counted(2)], writtenAt, retained }, 100)
    assert.deepEqual(allOf(known, 105), [counted(1), counted(2), counted(6)])
  })
})

describe('The gauges of a peer', () => {
  const gauge = (declaration: Declaration): Metric => declared(declaration, [point({}, 7)])
  const retained: PeerState['retained'] = []
  const metrics = [counted(1), ...[catalog.memory, catalog.state, catalog.exitMemory].map(gauge)]
  const gone = [counted(1), gauge(catalog.exitMemory)]

  test('end with the final state, but for the memory of ended workers', () => {
    assert.deepEqual(allOf(peer({ retained, metrics }), 0), metrics)
    assert.deepEqual(allOf(peer({ retained, metrics, hasEnded: true }), 0), gone)
  })

  test('end when a reader finds the same state for longer than shareLimits.silenceMs', () => {
    const known = peer({ retained, metrics })
    for (const now of [1_000, 4_000, 1_000 + shareLimits.silenceMs]) noteUnchanged(known, now)
    known.labelled = []
    assert.deepEqual(allOf(known, 0), metrics)
    noteUnchanged(known, 1_001 + shareLimits.silenceMs)
    assert.deepEqual(allOf(known, 0), gone)
    assert.equal(known.labelled, undefined)
  })

  test('stay while the reader finds nothing, and for one silence afterwards', () => {
    const known = peer({ retained, metrics })
    noteUnchanged(known, 1_000)
    noteUnchanged(known, 60_000)
    assert.deepEqual(allOf(known, 0), metrics)
    noteUnchanged(known, 60_000 + shareLimits.silenceMs)
    assert.deepEqual(allOf(known, 0), metrics)
    noteUnchanged(known, 60_001 + shareLimits.silenceMs)
    assert.deepEqual(allOf(known, 0), gone)
  })
})

describe('The condition of a peer', () => {
  const conditions = (
    peers: readonly KnownPeer[],
    now = 0,
    own: string | undefined = undefined,
  ): (string | undefined)[] => {
    const judged = judge(peers, own === undefined ? undefined : { instance: own }, now)
    return peers.map((each) => judged.find(({ known }) => known === each)?.condition)
  }
  const late = shareLimits.silenceMs + 1
  const same = [peer({ incarnation: first }), peer({ incarnation: second, startedAt: 2 })] as const

  test('lists the earliest first', () => {
    const judged = judge([same[1], same[0]], undefined, 0)
    assert.deepEqual(
      judged.map(({ known }) => known),
      [...same],
    )
  })

  test('is a name conflict for the later of two live peers of one name', () => {
    assert.deepEqual(conditions(same), ['live', 'name_conflict'])
    assert.deepEqual(conditions([same[1], same[0]]), ['name_conflict', 'live'])
  })

  test('is a name conflict for the silent peer, where the later is live', () => {
    const later = { ...same[1], receivedAt: late }
    assert.deepEqual(conditions([same[0], later], late), ['name_conflict', 'live'])
    // The name does not go back when both are silent.
    assert.deepEqual(conditions([same[0], later], 3 * late), ['name_conflict', 'stale'])
    assert.deepEqual(conditions(same, late), ['stale', 'name_conflict'])
  })

  test('is live for the later peer with a longer interval if the earlier peer is silent', () => {
    const earlier = { ...same[0], receivedAt: 10 }
    const slow = peer({ incarnation: second, startedAt: 2, intervalMs: 60_000 }, 5)
    assert.deepEqual(conditions([earlier, slow], 2 * late), ['name_conflict', 'live'])
  })

  test('is a name conflict for every peer with the name of the reader', () => {
    assert.deepEqual(conditions(same, 0, same[0].state.instance), [
      'name_conflict',
      'name_conflict',
    ])
    assert.deepEqual(conditions(same, 0, 'other'), ['live', 'name_conflict'])
  })

  test('is shown on the page where live or stale', () => {
    assert.deepEqual(peerConditions.filter(isShown), ['live', 'stale'])
  })
})

describe('Ignored values', () => {
  test('are known by incarnation and content', () => {
    const values = new IgnoredValues()
    values.add(first, Buffer.from('a'))
    assert.equal(values.has(first, Buffer.from('a')), true)
    assert.equal(values.has(first, Buffer.from('b')), false)
    assert.equal(values.has(second, Buffer.from('a')), false)
    values.delete(first)
    assert.equal(values.has(first, Buffer.from('a')), false)
  })

  test('count rejected values by reason', () => {
    const values = new IgnoredValues()
    values.reject(first, Buffer.from('a'), 'format')
    values.reject(second, Buffer.from('a'), 'format')
    values.reject(second, Buffer.from('b'), 'limit')
    assert.deepEqual(Object.fromEntries(values.rejects), { format: 2, limit: 1 })
    assert.equal(values.has(second, Buffer.from('b')), true)
    values.retain(new Set([second]))
    assert.equal(values.has(first, Buffer.from('a')), false)
    assert.equal(values.has(second, Buffer.from('b')), true)
  })

  test('are at most shareLimits.peers', () => {
    const values = new IgnoredValues()
    for (let count = 0; count <= shareLimits.peers; count += 1) {
      values.add(String(count), Buffer.from('a'))
    }
    assert.equal(values.has(String(shareLimits.peers - 1), Buffer.from('a')), true)
    assert.equal(values.has(String(shareLimits.peers), Buffer.from('a')), false)
  })
})

describe('Replaced peers', () => {
  test('stay for the time to live', () => {
    const replaced = new ReplacedPeers()
    replaced.add(first, 10)
    replaced.add(second, 11)
    replaced.expire(20, 10)
    assert.deepEqual([replaced.has(first), replaced.size], [true, 2])
    replaced.expire(21, 10)
    assert.deepEqual([replaced.has(first), replaced.has(second), replaced.size], [false, true, 1])
  })

  test('are at most shareLimits.peers: the oldest goes', () => {
    const replaced = new ReplacedPeers()
    for (let count = 0; count <= shareLimits.peers; count += 1) replaced.add(String(count), 0)
    assert.equal(replaced.size, shareLimits.peers)
    assert.deepEqual([replaced.has('0'), replaced.has('1')], [false, true])
  })
})
