import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  addTo,
  histogramOf,
  increaseOf,
  longestOf,
} from '../../../src/live/counts/histogram-increase.ts'
import { Distribution } from '../../../src/model/live/distribution.ts'

const bounds = [0.01, 0.1, 1]

function histogram(counts: readonly number[], sum = 0) {
  return { bounds, value: { count: counts.reduce((all, each) => all + each, 0), sum, counts } }
}

const none = { offset: 0, counts: [] }

function exponential(scale: number, counts: readonly number[]) {
  const count = counts.reduce((all, each) => all + each, 0)
  const positive = { offset: 0, counts }
  return {
    bounds: undefined,
    value: { count, sum: 0, scale, zeroCount: 0, positive, negative: none },
  }
}

describe('The increase of a histogram', () => {
  test('has the values since the earlier moment', () => {
    const { value } = increaseOf(histogram([5, 3, 0, 1], 9), histogram([4, 3, 0, 0], 2))
    assert.deepEqual(value, { count: 2, sum: 7, counts: [1, 0, 0, 1] })
  })

  test('has all values without an earlier moment, and after a new start', () => {
    const now = histogram([1, 0, 0, 0])
    assert.equal(increaseOf(now, undefined), now)
    assert.equal(increaseOf(now, histogram([9, 0, 0, 0])), now)
  })

  test('has all values when the buckets are others', () => {
    const now = histogram([5, 1, 1, 1])
    assert.equal(increaseOf(now, { bounds: [1], value: { count: 2, sum: 1, counts: [1, 1] } }), now)
    assert.equal(increaseOf(now, exponential(0, [2])), now)
    assert.equal(increaseOf(exponential(0, [5]), histogram([1, 0, 0, 0])).value.count, 5)
  })

  test('of an exponential histogram is at the smaller scale', () => {
    const { value } = increaseOf(exponential(0, [3, 2]), exponential(1, [1, 0, 1, 0]))
    assert.ok('scale' in value)
    assert.deepEqual([value.count, value.scale, value.positive.counts], [3, 0, [2, 1]])
  })
})

describe('A distribution of increases', () => {
  test('has the values of both kinds of histograms', () => {
    const distribution = new Distribution()
    addTo(distribution, histogram([0, 1, 0, 0]))
    addTo(distribution, exponential(0, [0, 0, 1]))
    assert.deepEqual(distribution.quantiles([0.5, 1]), [0.1, 8])
  })

  test('has no values of a metric that is no histogram', () => {
    const descriptor = { name: 'a', kind: 'counter', unit: '', description: '', scope: '' } as const
    assert.equal(histogramOf(descriptor, 4), undefined)
    const { value } = histogram([1, 0, 0, 0])
    assert.deepEqual(histogramOf({ ...descriptor, bounds }, value), { bounds, value })
  })
})

describe('The longest value of a histogram', () => {
  const cases: readonly (readonly [
    title: string,
    counts: readonly number[],
    sum: number,
    longest: number | null,
  ])[] = [
    ['is unknown without values', [0, 0, 0, 0], 0, null],
    ['is the mean within the first bucket', [40, 0, 0, 0], 0.04, 0.001],
    ['lies in the highest bucket', [40, 0, 1, 0], 0.34, 0.34],
    ['is at most the bound of the bucket', [40, 0, 1, 0], 50, 1],
    ['is at least the lower bound of the bucket', [40, 0, 1, 0], 0.05, 0.1],
    ['has no bound in the last bucket', [40, 0, 0, 1], 60, 60],
  ]
  for (const [title, counts, sum, longest] of cases) {
    test(title, () => assert.equal(longestOf(histogram(counts, sum)), longest))
  }

  test('is the highest bound of an exponential histogram', () => {
    assert.equal(longestOf(exponential(0, [1, 1])), 4)
    assert.equal(longestOf(exponential(0, [])), null)
  })
})
