import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  addExponential,
  bucketBound,
  narrowed,
  subtractExponential,
} from '../../src/model/exponential.ts'
import type { ExponentialValue } from '../../src/model/metric.ts'
import { countsAt, countsIn, exponential, randomExponential } from '../support/otel/exponential.ts'
import { Random } from '../support/random.ts'

const maxBuckets = 160

describe('the sum of two exponential histograms', () => {
  test('is at the smaller scale, bucket by bucket', () => {
    const fine = exponential({ scale: 1, positive: { offset: -1, counts: [1, 2, 3, 4] } })
    const coarse = exponential({ scale: 0, positive: { offset: 1, counts: [10] }, zeroCount: 5 })
    const sum = addExponential(fine, coarse, maxBuckets)
    assert.equal(sum.scale, 0)
    assert.deepEqual(sum.positive, { offset: -1, counts: [1, 5, 14] })
    assert.equal(sum.zeroCount, 5)
    assert.equal(sum.count, 25)
  })

  test('has a smaller scale instead of too many buckets', () => {
    const low = exponential({ scale: 20, positive: { offset: -1_000_000, counts: [7] } })
    const high = exponential({ scale: 20, positive: { offset: 1_000_000, counts: [8] } })
    const sum = addExponential(low, high, maxBuckets)
    assert.equal(sum.count, 15)
    assert.ok(sum.positive.counts.length > maxBuckets / 2 - 1)
    assert.ok(sum.positive.counts.length <= maxBuckets)
    assert.deepEqual([sum.positive.counts.at(0), sum.positive.counts.at(-1)], [7, 8])
  })

  test('ignores the scale of a histogram with zeros only', () => {
    const zeros = exponential({ scale: 0, zeroCount: 3 })
    const values = exponential({ scale: 20, positive: { offset: 5, counts: [1] } })
    for (const sum of [
      addExponential(zeros, values, maxBuckets),
      addExponential(values, zeros, maxBuckets),
    ]) {
      assert.equal(sum.scale, 20)
      assert.equal(sum.count, 4)
    }
  })

  test('has the extremes of both, and none if one histogram has none', () => {
    const left = exponential({ zeroCount: 1, min: -3, max: 2 })
    const right = exponential({ zeroCount: 1, min: -1, max: 5 })
    const { min, max } = addExponential(left, right, maxBuckets)
    assert.deepEqual([min, max], [-3, 5])
    const untold = exponential({ zeroCount: 1, min: undefined, max: undefined })
    assert.equal(addExponential(left, untold, maxBuckets).max, undefined)
    assert.equal(addExponential(untold, left, maxBuckets).min, undefined)
    assert.equal(addExponential(left, exponential(), maxBuckets).max, 2)
  })

  test('equals the sum of single buckets, in any order', () => {
    for (let seed = 0; seed < 3_000; seed += 1) {
      const values = randomValues(seed)
      const sum = total(values)
      for (const side of ['positive', 'negative'] as const) {
        assert.deepEqual(
          countsIn(sum[side]),
          sorted(countsAt(values, side, sum.scale)),
          `seed ${seed}`,
        )
        assert.ok(sum[side].counts.length <= maxBuckets, `seed ${seed}`)
      }
      // The scale of a histogram without buckets has no meaning.
      if (sum.count === sum.zeroCount) continue
      assert.deepEqual(total(values.toReversed()), sum, `seed ${seed}`)
      assert.ok(isNeeded(sum, values), `seed ${seed}: scale ${sum.scale}`)
    }
  })

  function randomValues(seed: number): ExponentialValue[] {
    const random = new Random(seed)
    return Array.from({ length: 2 + random.below(4) }, () => randomExponential(random))
  }

  function total(values: readonly ExponentialValue[]): ExponentialValue {
    return values.reduce((sum, value) => addExponential(sum, value, maxBuckets))
  }

  /** Whether a scale one larger would have been too large. */
  function isNeeded({ scale }: ExponentialValue, values: readonly ExponentialValue[]): boolean {
    const widths = (['positive', 'negative'] as const).map((side) => {
      const places = [...countsAt(values, side, scale + 1).keys()]
      return places.length === 0 ? 0 : Math.max(...places) - Math.min(...places) + 1
    })
    const filled = values.filter(({ count, zeroCount }) => count > zeroCount)
    return Math.max(...widths) > maxBuckets || filled.some((value) => value.scale === scale)
  }
})

test('the difference of two exponential histograms is right in each bucket, at any scales', () => {
  for (let seed = 0; seed < 1_000; seed += 1) {
    const random = new Random(seed)
    const [before, added] = [randomExponential(random), randomExponential(random)]
    const value = addExponential(before, added, maxBuckets)
    const rest = subtractExponential(value, before)
    const { count, zeroCount } = rest
    assert.deepEqual([count, zeroCount], [added.count, added.zeroCount], `seed ${seed}`)
    for (const side of ['positive', 'negative'] as const) {
      const expected = countsAt([added], side, rest.scale)
      assert.deepEqual(countsIn(rest[side]), sorted(expected), `seed ${seed}`)
    }
  }
})

function sorted(counts: Map<number, number>): Map<number, number> {
  return new Map([...counts].sort(([a], [b]) => a - b))
}

test('a histogram keeps its counts when it is narrowed to fewer buckets', () => {
  const wide = exponential({
    scale: 3,
    positive: { offset: -50, counts: Array.from({ length: 100 }, (_, index) => index) },
  })
  const narrow = narrowed(wide, 20)
  assert.equal(narrow.scale, 0)
  assert.deepEqual(countsIn(narrow.positive), countsAt([wide], 'positive', 0))
  assert.equal(narrowed(wide, 100).scale, 3)
})

describe('the bound of a bucket', () => {
  test('is base to the power of its index', () => {
    assert.equal(bucketBound(0, 5), 1)
    assert.equal(bucketBound(10, 0), 1_024)
    assert.equal(bucketBound(-3, 0), 0.125)
    assert.equal(bucketBound(1, 1), Math.SQRT2)
    assert.equal(bucketBound(1, -10), Number.POSITIVE_INFINITY)
    assert.equal(bucketBound(-2, -10), 0)
    assert.equal(bucketBound(-1, -10), 2 ** -1_024)
  })

  test('is the same number at each scale that has this bound', () => {
    for (let scale = -9; scale < 20; scale += 1) {
      for (const index of [-1_000, -7, -1, 0, 1, 3, 500]) {
        assert.equal(bucketBound(2 * index, scale + 1), bucketBound(index, scale))
      }
    }
  })
})
