import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Distribution } from '../../../src/model/live/distribution.ts'

const bounds = [0.1, 1, 10]

describe('Quantiles of a distribution', () => {
  test('are interpolated within a bucket', () => {
    const distribution = new Distribution()
    distribution.addHistogram({ count: 10, sum: 0, counts: [0, 10, 0, 0] }, bounds)
    assert.deepEqual(distribution.quantiles([0.5, 1]), [0.55, 1])
  })

  test('end at the highest bound', () => {
    const distribution = new Distribution()
    distribution.addHistogram({ count: 4, sum: 400, counts: [0, 0, 0, 4] }, bounds)
    assert.deepEqual(distribution.quantiles([0.5, 0.99]), [10, 10])
  })

  test('are null without values', () => {
    const distribution = new Distribution()
    assert.deepEqual(distribution.quantiles([0.5]), [null])
    distribution.addHistogram({ count: 0, sum: 0, counts: [0, 0, 0, 0] }, bounds)
    assert.deepEqual(distribution.quantiles([0.5]), [null])
  })

  test('of an exponential histogram lie within a bucket of the true value', () => {
    const distribution = new Distribution()
    const none = { offset: 0, counts: [] }
    // Base 2: one value in (1, 2], two in (2, 4], one in (4, 8].
    const positive = { offset: 0, counts: [1, 2, 1] }
    distribution.addExponential({
      ...{ count: 5, sum: 12, scale: 0, zeroCount: 1, positive, negative: none },
    })
    const [low, middle, high] = distribution.quantiles([0.1, 0.5, 1])
    assert.equal(low, 0)
    assert.ok(middle !== undefined && middle !== null && middle > 2 && middle <= 4)
    assert.equal(high, 8)
  })

  test('add up over several histograms, in any order of their buckets', () => {
    const distribution = new Distribution()
    distribution.addHistogram({ count: 1, sum: 9, counts: [0, 0, 1, 0] }, bounds)
    for (let count = 0; count < 3; count += 1)
      distribution.addHistogram({ count: 1, sum: 0, counts: [1, 0, 0, 0] }, bounds)
    assert.deepEqual(distribution.quantiles([0.75, 1]), [0.1, 10])
    assert.deepEqual(distribution.quantiles([0.375]), [0.05])
  })

  test('reach below zero', () => {
    const explicit = new Distribution()
    explicit.addHistogram({ count: 1, sum: -3, counts: [1, 0] }, [-2])
    assert.deepEqual(explicit.quantiles([0.5]), [-2])
    const exponential = new Distribution()
    const none = { offset: 0, counts: [] }
    const negative = { offset: 1, counts: [1] }
    exponential.addExponential({
      ...{ count: 1, sum: -3, scale: 0, zeroCount: 0, positive: none, negative },
    })
    assert.deepEqual(exponential.quantiles([0.5, 1]), [-3, -2])
  })

  test('join histograms with other bounds', () => {
    const distribution = new Distribution()
    distribution.addHistogram({ count: 1, sum: 1, counts: [0, 1, 0, 0] }, bounds)
    const other = new Distribution()
    other.addHistogram({ count: 3, sum: 9, counts: [0, 3] }, [2])
    distribution.addAll(other)
    assert.deepEqual(distribution.quantiles([0.25, 1]), [1, 2])
  })

  test('ignore counts that are no numbers', () => {
    const distribution = new Distribution()
    distribution.addHistogram({ count: 1, sum: 1, counts: [Number.NaN, -1, 1, 0] }, bounds)
    assert.deepEqual(distribution.quantiles([1]), [10])
  })
})
