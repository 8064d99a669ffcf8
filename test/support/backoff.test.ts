import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { backoffMs } from '../../src/support/backoff.ts'

describe('backoffMs', () => {
  test('returns no pause without a failure, then doubles the pause up to the last one', () => {
    const backoff = { firstMs: 100, lastMs: 10_000 }
    const pauses = Array.from({ length: 10 }, (_, failures) => backoffMs(failures, backoff))
    assert.deepEqual(pauses, [0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000])
  })

  test('returns the last pause for more failures than the exponent of a number holds', () => {
    assert.equal(backoffMs(5_000, { firstMs: 100, lastMs: 10_000 }), 10_000)
  })

  test('returns a first pause that is longer than the last one as the last one', () => {
    assert.equal(backoffMs(1, { firstMs: 100, lastMs: 40 }), 40)
  })

  test('multiplies a pause by a random factor from the range of its jitter', () => {
    const backoff = { firstMs: 100, lastMs: 400, jitter: { from: 0.75, to: 1.25 } }
    const at = (random: number): number => backoffMs(2, backoff, () => random)
    assert.deepEqual([at(0), at(0.5), at(1)], [150, 200, 250])
    assert.equal(
      backoffMs(0, backoff, () => 1),
      0,
    )
  })

  test('picks another factor for each pause by default', () => {
    const backoff = { firstMs: 100, lastMs: 400, jitter: { from: 0, to: 1 } }
    const pauses = new Set(Array.from({ length: 20 }, () => backoffMs(3, backoff)))
    assert.ok(pauses.size > 1, 'every pause is the same')
    assert.ok([...pauses].every((pause) => pause >= 0 && pause <= 400))
  })
})
