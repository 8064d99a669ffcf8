import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { otelLimits } from '../../../src/limits/otel.ts'
import { add, higher } from '../../../src/model/merging/merged-value.ts'
import type { Value } from '../../../src/model/metric.ts'
import { exponential } from '../../support/otel/exponential.ts'

const histogram = { count: 2, sum: 3, counts: [1, 1] }
const wide = exponential({ scale: 0, positive: { offset: 0, counts: [1] } })

describe('the sum of', () => {
  const rows: Record<string, readonly [left: Value, right: Value, sum: Value]> = {
    'two numbers': [2, 3, 5],
    'two histograms': [
      histogram,
      { count: 5, sum: 10, counts: [2, 3] },
      { count: 7, sum: 13, counts: [3, 4] },
    ],
    'histograms, the second with fewer buckets': [
      histogram,
      { count: 5, sum: 10, counts: [5] },
      { count: 7, sum: 13, counts: [6, 1] },
    ],
    'a number and a histogram is the first value': [2, histogram, 2],
    'a histogram and a number is the first value': [histogram, 2, histogram],
    'an exponential and a classic histogram is the first value': [wide, histogram, wide],
    'a classic and an exponential histogram is the first value': [histogram, wide, histogram],
  }
  for (const [title, [left, right, sum]] of Object.entries(rows)) {
    test(title, () => assert.deepEqual(add(left, right), sum))
  }

  test('two exponential histograms has at most otelLimits.exponentialBuckets on each side', () => {
    const far = exponential({
      scale: 0,
      positive: { offset: otelLimits.exponentialBuckets - 1, counts: [1] },
    })
    const further = exponential({
      scale: 0,
      positive: { offset: otelLimits.exponentialBuckets, counts: [1] },
    })
    const exact = add(wide, far)
    const reduced = add(wide, further)
    assert.ok(typeof exact !== 'number' && 'scale' in exact)
    assert.ok(typeof reduced !== 'number' && 'scale' in reduced)
    assert.deepEqual([exact.scale, exact.count], [0, 2])
    assert.equal(exact.positive.counts.length, otelLimits.exponentialBuckets)
    assert.deepEqual([reduced.scale, reduced.count], [-1, 2])
  })
})

describe('higher', () => {
  test('is the larger number, and the first of two equal values', () => {
    assert.equal(higher(undefined, 0), 0)
    assert.equal(higher(2, 3), 3)
    assert.equal(higher(3, 2), 3)
    const equal = { ...histogram, sum: 99 }
    assert.equal(higher(histogram, equal), histogram)
  })

  test('is the histogram with more values', () => {
    const more = { count: 4, sum: 0, counts: [4, 0] }
    assert.equal(higher(histogram, more), more)
    assert.equal(higher(more, histogram), more)
  })

  test('is the number, where the other value is not a number', () => {
    assert.equal(higher(Number.NaN, 1), 1)
    assert.equal(higher(1, Number.NaN), 1)
  })
})
