import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stateLimits } from '../../../src/limits/state.ts'
import type { ClusterEvent } from '../../../src/model/cluster-event.ts'
import { UnreadEnds } from '../../../src/state/ends/unread-ends.ts'

describe('UnreadEnds', () => {
  test('keeps an end for a limited time, which a second attempt does not extend', () => {
    let now = 0
    const ends = new UnreadEnds(() => now)
    assert.ok(ends.add(ended(1)))
    now = stateLimits.unreadEndMs
    assert.ok(ends.add(ended(1)))
    assert.deepEqual(ends.all(), [ended(1)])
    now += 1
    assert.ok(!ends.add(ended(1)))
  })

  test('keeps a limited number of ends, oldest first', () => {
    const ends = new UnreadEnds(() => 0)
    for (let forkNumber = 1; forkNumber <= stateLimits.unreadEnds; forkNumber += 1)
      assert.ok(ends.add(ended(forkNumber)))
    assert.ok(!ends.add(ended(0)))
    assert.ok(ends.add(ended(1)))
    ends.delete(1)
    assert.ok(ends.add(ended(0)))
    assert.deepEqual(ends.all()[0], ended(2))
    assert.equal(ends.all().length, stateLimits.unreadEnds)
  })
})

function ended(forkNumber: number): Extract<ClusterEvent, { kind: 'ended' }> {
  return { kind: 'ended', forkNumber, at: 0, code: null, signal: 'SIGKILL', voluntary: false }
}
