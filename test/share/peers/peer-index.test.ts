import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import { PeerIndex } from '../../../src/share/peers/peer-index.ts'

const { silenceMs } = shareLimits

/** An index after looks at the given times, each with the versions of peers. */
function indexAfter(
  looks: readonly (readonly [now: number, versions: Readonly<Record<string, string>>])[],
  pauseMs = 1_000,
): PeerIndex {
  const index = new PeerIndex()
  for (const [now, versions] of looks) index.look(new Map(Object.entries(versions)), now, pauseMs)
  return index
}

describe('PeerIndex', () => {
  test('has no peer before the first look', () => {
    const index = new PeerIndex()
    assert.equal(index.lookedAt, Number.NEGATIVE_INFINITY)
    assert.equal(index.currentSince, Number.NEGATIVE_INFINITY)
    assert.equal(index.size, 0)
    assert.deepEqual(index.outdated(), [])
  })

  test('counts the listed peers, and the peers of which no state was read', () => {
    const index = indexAfter([[10, { a: '1', b: '1', c: '1' }]])
    index.noteRead('b', 100, 20)
    assert.deepEqual([index.lookedAt, index.size, index.unread], [10, 3, 2])
  })

  test('forgets a peer that a look does not find', () => {
    const index = indexAfter([
      [10, { a: '1', b: '1' }],
      [20, { b: '1' }],
    ])
    assert.deepEqual(index.outdated(), ['b'])
    assert.equal(index.looksOf('a'), undefined)
  })

  test('lists a peer again after each new version, the least recently read first', () => {
    const index = indexAfter([[10, { a: '1', b: '1', c: '1' }]])
    for (const each of ['b', 'a', 'unknown']) {
      index.defer(each)
      index.noteRead(each, 100, 20)
    }
    assert.deepEqual(index.outdated(), ['c'])
    index.look(new Map(Object.entries({ a: '2', b: '2', c: '1' })), 30, 1_000)
    assert.deepEqual(index.outdated(), ['c', 'b', 'a'])
    assert.equal(index.size, 3)
  })

  test('knows the size of a state that was read, and takes 3,000 bytes for the others', () => {
    const index = indexAfter([[10, { a: '1', b: '1' }]])
    index.noteRead('a', 70_000, 20)
    assert.deepEqual(
      ['a', 'b', 'unknown'].map((each) => index.bytesOf(each)),
      [70_000, 3_000, 3_000],
    )
  })

  test('is current since the look or the read that is the oldest', () => {
    const index = indexAfter([[10, { a: '1', b: '1' }]])
    index.noteRead('a', 1, 20)
    assert.equal(index.currentSince, Number.NEGATIVE_INFINITY)
    index.noteRead('b', 1, 21)
    assert.equal(index.currentSince, 10)
    // The look confirms the state of `a`, and `b` has written since.
    index.look(new Map(Object.entries({ a: '1', b: '2' })), 30, 1_000)
    assert.equal(index.currentSince, 21)
    index.noteRead('b', 1, 40)
    assert.equal(index.currentSince, 30)
  })

  test('tells since when a version is the same', () => {
    const index = indexAfter([
      [0, { a: '1', b: '1' }],
      [1_000, { a: '1', b: '2' }],
    ])
    assert.equal(index.looksOf('a')?.version, '1')
    assert.equal(index.looksOf('b')?.version, '2')
    assert.deepEqual(index.looksOf('a')?.unchanged, { since: 0, until: 1_000 })
    assert.deepEqual(index.looksOf('b')?.unchanged, { since: 1_000, until: 1_000 })
  })

  test('begins again after an outage of Redis, as a peer could not write', () => {
    const sinceAfter = (ms: number, pauseMs: number): number | undefined => {
      const index = indexAfter(
        [
          [0, { a: '1' }],
          [ms, { a: '1' }],
        ],
        pauseMs,
      )
      return index.looksOf('a')?.unchanged.since
    }
    assert.equal(sinceAfter(silenceMs, 1), 0)
    assert.equal(sinceAfter(silenceMs + 1, 1), silenceMs + 1)
    // Two pauses between looks are no outage.
    assert.equal(sinceAfter(2 * silenceMs, silenceMs), 0)
    assert.equal(sinceAfter(2 * silenceMs + 1, silenceMs), 2 * silenceMs + 1)
  })
})
