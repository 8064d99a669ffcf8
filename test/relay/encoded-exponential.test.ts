import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { otelLimits } from '../../src/limits/otel.ts'
import { decodeExponential, encodeExponential } from '../../src/relay/encoded-exponential.ts'
import { exponential, randomExponential } from '../support/otel/exponential.ts'
import { Random } from '../support/random.ts'

/** count, sum, scale, zeroCount, min, max, then both sides. */
const encoded: readonly (number | string)[] = [6, 9.5, 3, 1, -4, 8, -7, 2, 1, 2, 5, 0, 2]

test('an exponential histogram survives the relay', () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const value = randomExponential(new Random(seed))
    const carried = JSON.parse(JSON.stringify(encodeExponential(value)))
    assert.deepEqual(decodeExponential(carried), value)
  }
})

test('so do sums and extremes that JSON has no number for', () => {
  for (const sum of [-0, Number.NaN, Number.POSITIVE_INFINITY]) {
    const value = exponential({ zeroCount: 1, sum, min: -0, max: undefined })
    const carried = JSON.parse(JSON.stringify(encodeExponential(value)))
    assert.deepEqual(decodeExponential(carried), value)
  }
})

test('the order of what is encoded is fixed', () => {
  const value = decodeExponential(encoded)
  assert.ok(value)
  assert.deepEqual(value.positive, { offset: -7, counts: [1, 2] })
  assert.deepEqual(value.negative, { offset: 5, counts: [0, 2] })
  assert.deepEqual(encodeExponential(value), encoded)
})

describe('what is refused', () => {
  const at = (place: number, ...values: (number | string)[]): (number | string)[] =>
    encoded.toSpliced(place, values.length, ...values)
  const many = new Array<number>(otelLimits.exponentialBuckets + 1).fill(0)
  const cases: Record<string, readonly (number | string)[]> = {
    nothing: [],
    'a head alone': encoded.slice(0, 6),
    'one side alone': encoded.slice(0, 10),
    'a count above what the buckets hold': at(0, 7),
    'a count below it': at(0, 5),
    'a count that is text': at(0, 'Infinity'),
    'a sum that is other text': at(1, 'nine'),
    'half a scale': at(2, 0.5),
    'a scale that is too small': at(2, -11),
    'a scale that is too large': at(2, 21),
    'a scale that is text': at(2, 'NaN'),
    'a negative count of zeros': [5, ...at(3, -1).slice(1)],
    'an extreme that is other text': at(4, 'low'),
    'half an offset': at(6, 0.5),
    'an offset beyond 32 bits': at(6, 2 ** 31 + 1),
    'an offset that is text': at(6, '-0'),
    'more buckets than there are': at(7, 7),
    'a negative number of buckets': at(7, -1),
    'buckets without end': at(7, 2 ** 53 - 1),
    'half a count': at(8, 0.5),
    'a negative count': at(8, 2, -1, 5, 0, 4),
    'a count that is too large to be one': at(0, 2 ** 53 + 6).with(8, 2 ** 53),
    'no offset of the negative side': encoded.slice(0, 10).with(0, 4),
    'more positive buckets than a source may send': [
      ...encoded.slice(0, 6),
      0,
      many.length,
      ...many,
      0,
    ].with(0, 1),
    'more negative ones': [...encoded.slice(0, 6), 0, 0, 0, ...many].with(0, 1),
  }
  for (const [title, value] of Object.entries(cases)) {
    test(title, () => assert.equal(decodeExponential(value), undefined))
  }
})
