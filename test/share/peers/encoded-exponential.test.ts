import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { otelLimits } from '../../../src/limits/otel.ts'
import {
  decodeExponential,
  encodeExponential,
} from '../../../src/share/peers/encoded-exponential.ts'
import { exponential, randomExponential } from '../../support/otel/exponential.ts'
import { Random } from '../../support/random.ts'

/** A valid list: count, sum, scale, zeroCount, min, max, then both sides. */
const encoded: readonly (number | string)[] = [6, 9.5, 3, 1, -4, 8, -7, 2, 1, 2, 5, 0, 2]

describe('encodeExponential()', () => {
  test('returns a list that decodeExponential() reads', () => {
    for (let seed = 0; seed < 300; seed += 1) {
      const value = randomExponential(new Random(seed))
      assert.deepEqual(decodeExponential(carried(encodeExponential(value))), value)
    }
  })

  test('keeps sums and extremes that JSON does not have', () => {
    for (const sum of [-0, Number.NaN, Number.POSITIVE_INFINITY]) {
      const value = exponential({ zeroCount: 1, sum, min: -0, max: undefined })
      assert.deepEqual(decodeExponential(carried(encodeExponential(value))), value)
    }
  })

  test('returns the numbers in a fixed order', () => {
    const value = decodeExponential(encoded)
    assert.ok(value)
    assert.deepEqual(value.positive, { offset: -7, counts: [1, 2] })
    assert.deepEqual(value.negative, { offset: 5, counts: [0, 2] })
    assert.deepEqual(encodeExponential(value), encoded)
  })
})

describe('decodeExponential() accepts', () => {
  const most = new Array<number>(otelLimits.exponentialBuckets).fill(0)
  const cases: Record<string, readonly (number | string)[]> = {
    'the smallest scale': [3, 0, -10, 0, 'NaN', 'NaN', -2, 3, 1, 1, 1, 0],
    'the largest scale': at(2, 20),
    'the smallest offset': at(6, -1_076 * 8 - 1),
    'the largest offset': at(6, 1_024 * 8 - 1),
    'any offset of 32 bits without a count': [0, 0, 3, 0, 'NaN', 'NaN', -(2 ** 31), 1, 0, 2 ** 31],
    'no buckets': [1, 0, 0, 1, 'NaN', 'NaN', 0, 0, 0],
    'otelLimits.exponentialBuckets on each side': [
      ...[1, 0, 0, 1, 'NaN', 'NaN'],
      ...[0, most.length, ...most],
      ...[0, ...most],
    ],
  }
  for (const [title, value] of Object.entries(cases)) {
    test(title, () => {
      const decoded = decodeExponential(value)
      assert.deepEqual(decoded && encodeExponential(decoded), value)
    })
  }
})

describe('decodeExponential() refuses', () => {
  const many = new Array<number>(otelLimits.exponentialBuckets + 1).fill(0)
  const cases: Record<string, readonly (number | string)[]> = {
    'an empty list': [],
    'a list without buckets': encoded.slice(0, 6),
    'a list without the negative side': encoded.slice(0, 10),
    'a count above the sum of the buckets': at(0, 7),
    'a count below the sum of the buckets': at(0, 5),
    'a count that is text': at(0, 'Infinity'),
    'a sum that is not an encoded number': at(1, 'nine'),
    'a scale with a fraction': at(2, 0.5),
    'a scale that is too small': at(2, -11),
    'a scale that is too large': at(2, 21),
    'a scale that is text': at(2, 'NaN'),
    'a negative count of zeros': [4, ...at(3, -1).slice(1)],
    'a minimum that is not an encoded number': at(4, 'low'),
    'a maximum that is not an encoded number': at(5, 'high'),
    'an offset with a fraction': at(6, 0.5),
    'an offset above 32 bits': at(6, 2 ** 31 + 1),
    'an offset below 32 bits': at(6, -(2 ** 31) - 1),
    'a bucket of values below all doubles': at(6, -1_076 * 8 - 2),
    'a bucket of values above all doubles': at(6, 1_024 * 8),
    'a negative bucket of values above all doubles': at(10, 1_024 * 8),
    'an offset that is text': at(6, '-0'),
    'an offset of the negative side above 32 bits': at(10, 2 ** 31 + 1),
    'fewer buckets than announced': at(7, 7),
    'a negative number of buckets': at(7, -1),
    'a number of buckets without a limit': at(7, 2 ** 53 - 1),
    'a bucket with a fraction': at(8, 0.5, 2.5),
    'a negative bucket': at(8, 2, -1, 5, 0, 4),
    'a count above the safe integers': [2 ** 53, 0, 0, 1, 'NaN', 'NaN', 0, 1, 2 ** 53 - 1, 0],
    'a number of buckets that is text': at(7, '2').with(0, 4),
    'a list without the offset of the negative side': encoded.slice(0, 10).with(0, 4),
    'more positive buckets than otelLimits.exponentialBuckets': [
      ...encoded.slice(0, 6),
      0,
      many.length,
      ...many,
      0,
    ].with(0, 1),
    'more negative buckets than otelLimits.exponentialBuckets': [
      ...encoded.slice(0, 6),
      0,
      0,
      0,
      ...many,
    ].with(0, 1),
  }
  for (const [title, value] of Object.entries(cases)) {
    test(title, () => assert.equal(decodeExponential(value), undefined))
  }
})

/** Replaces values of the valid list from this place on. */
function at(place: number, ...values: (number | string)[]): (number | string)[] {
  return encoded.toSpliced(place, values.length, ...values)
}

/** Passes the list through JSON, like the relay. */
function carried<T>(list: T): T {
  return JSON.parse(JSON.stringify(list))
}
