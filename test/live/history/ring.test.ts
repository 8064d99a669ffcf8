import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Ring, rounded } from '../../../src/live/history/ring.ts'

describe('A ring', () => {
  test('keeps the last values, and none of a sample without a value', () => {
    const ring = new Ring(3)
    for (const [index, value] of [1, null, 3, 4].entries()) ring.set(index + 1, value)
    assert.deepEqual(ring.between(2, 4), [null, 3, 4])
    assert.deepEqual(ring.between(4, 4), [4])
    assert.deepEqual(ring.between(5, 4), [])
    ring.clear()
    assert.deepEqual(ring.between(2, 4), [null, null, null])
  })

  test('rounds values to four digits', () => {
    assert.deepEqual([1_234_567, 0.000123456, 0, 12].map(rounded), [1_235_000, 0.0001235, 0, 12])
  })
})
