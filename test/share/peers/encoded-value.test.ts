import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { HistogramValue } from '../../../src/model/metric.ts'
import { decodeNumber } from '../../../src/share/peers/encoded-number.ts'
import {
  decodeHistogram,
  type EncodedValue,
  encodeValue,
} from '../../../src/share/peers/encoded-value.ts'

const infinity = Number.POSITIVE_INFINITY

describe('encodeValue()', () => {
  const numbers = [
    0,
    -0,
    1,
    -1.5,
    0.1 + 0.2,
    1e21,
    5e-324,
    Number.MAX_VALUE,
    NaN,
    infinity,
    -infinity,
  ]
  for (const number of numbers) {
    test(`keeps the number ${Object.is(number, -0) ? '-0' : number}`, () => {
      assert.ok(Object.is(decodeNumber(carried(encodeValue(number))), number))
    })
  }

  for (const sum of numbers) {
    test(`keeps a histogram with the sum ${Object.is(sum, -0) ? '-0' : sum}`, () => {
      const value: HistogramValue = { count: 3, sum, counts: [1, 0, 2] }
      assert.deepEqual(decodeHistogram(carried(encodeValue(value)), 3), value)
    })
  }
})

describe('decodeHistogram()', () => {
  test('returns undefined for another number of buckets than expected', () => {
    const value = carried(encodeValue({ count: 1, sum: 1, counts: [0, 1] }))
    assert.equal(decodeHistogram(value, 1), undefined)
    assert.equal(decodeHistogram(value, 3), undefined)
  })

  test('returns undefined for a number', () => {
    assert.equal(decodeHistogram(5, 1), undefined)
    assert.equal(decodeHistogram('NaN', 1), undefined)
  })

  test('accepts counts of zero, and no buckets', () => {
    assert.deepEqual(decodeHistogram([0, 0, 0, 0], 2), { count: 0, sum: 0, counts: [0, 0] })
    assert.deepEqual(decodeHistogram([0, 0], 0), { count: 0, sum: 0, counts: [] })
  })

  const faulty: readonly [title: string, value: readonly (number | string)[]][] = [
    ['an empty list', []],
    ['a count without a sum', [1]],
    ['a count that is text', ['NaN', 1, 1, 0]],
    ['a sum that is other text', [1, 'one', 1, 0]],
    ['a bucket that is text', [1, 1, 'Infinity', 0]],
    ['a negative bucket', [1, 1, 2, -1]],
    ['a negative count', [-1, 1, 0, 0]],
    ['an infinite count', [infinity, 1, 0, 0]],
  ]
  for (const [title, value] of faulty) {
    test(`returns undefined for ${title}`, () => {
      assert.equal(decodeHistogram(value, 2), undefined)
    })
  }
})

function carried(value: EncodedValue): EncodedValue {
  return JSON.parse(JSON.stringify(value))
}
