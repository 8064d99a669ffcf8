import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { restingBeat, StallDetector } from '../../src/hang-stacks/stall-detector.ts'

const options = { stallMs: 1_000, checkMs: 100 }

/** Checks once per 100 ms, with one beat for each check. */
function watched(beats: readonly number[]): (string | undefined)[] {
  const detector = new StallDetector(options, 0)
  return beats.map((beat, index) => detector.check(beat, 100 * (index + 1)))
}

const still = (count: number): number[] => Array.from({ length: count }, () => 7)

describe('StallDetector', () => {
  test('reports a standstill once, when the time of a stall has passed', () => {
    assert.deepEqual(watched(still(10)), Array(10).fill(undefined))
    assert.deepEqual(watched(still(25)).slice(10), ['stalled', ...Array(14).fill(undefined)])
  })

  test('reports the end of a reported standstill, and the next standstill', () => {
    const changes = watched([...still(11), 8, ...still(11)])
    assert.deepEqual(
      changes.filter((change) => change !== undefined),
      ['stalled', 'moved', 'stalled'],
    )
  })

  test('is silent about a short standstill', () => {
    assert.deepEqual(watched([...still(10), 8, ...still(10)]), Array(21).fill(undefined))
  })

  test('is silent about a process that moves', () => {
    const moving = Array.from({ length: 30 }, (_, index) => index)
    assert.deepEqual(watched(moving), Array(30).fill(undefined))
  })

  test('does not count the time in which it did not run itself', () => {
    const detector = new StallDetector(options, 0)
    detector.check(7, 100)
    // SIGSTOP, or a paused machine.
    assert.equal(detector.check(7, 60_000), undefined)
    assert.equal(detector.seconds, 0.3)
    assert.equal(detector.check(8, 60_100), undefined)
    assert.equal(detector.seconds, 0)
  })

  test('does not watch a process that ends', () => {
    assert.deepEqual(watched(Array(30).fill(restingBeat)), Array(30).fill(undefined))
    assert.equal(watched([...still(11), restingBeat]).at(-1), 'moved')
  })

  test('has the seconds of the present standstill', () => {
    const detector = new StallDetector(options, 0)
    for (let now = 100; now <= 1_300; now += 100) detector.check(7, now)
    assert.equal(detector.seconds, 1.2)
  })
})
