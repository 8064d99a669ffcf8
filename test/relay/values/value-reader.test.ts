import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { ExponentialValue, Value } from '../../../src/model/metric.ts'
import { valueKinds } from '../../../src/relay/values/value-kinds.ts'
import { ValueReader } from '../../../src/relay/values/value-reader.ts'
import { ValueWriter } from '../../../src/relay/values/value-writer.ts'
import { writeValue } from '../../../src/relay/values/write-value.ts'
import { bytesOf } from '../../support/relay/report-values.ts'

const infinity = Number.POSITIVE_INFINITY
const most = Number.MAX_SAFE_INTEGER
const decimals = [0.1 + 0.2, -0, -1, -1.5, 1e21, 5e-324, Number.MAX_VALUE, infinity, -infinity]
const naturals = [0, 1, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 49, most]

describe('ValueReader reads what ValueWriter wrote:', () => {
  for (const number of [...decimals, Number.NaN, ...naturals, most + 1]) {
    test(`the number ${Object.is(number, -0) ? '-0' : number}`, () => {
      const reader = first(bytesOf([7, number]))
      assert.equal(reader.series, 7)
      assert.ok(Object.is(reader.number, number))
      const isNatural = naturals.some((natural) => Object.is(natural, number))
      assert.equal(reader.kind, isNatural ? valueKinds.natural : valueKinds.number)
      assert.equal(reader.next(), false)
    })
  }

  test('series up to the largest number of a source', () => {
    const numbers = [0, 31, 32, 4_095, 19_999, 2 ** 40]
    const reader = new ValueReader(bytesOf(...numbers.map((number) => [number, 1] as const)))
    const read: number[] = []
    while (reader.next()) read.push(reader.series)
    assert.deepEqual(read, numbers)
  })

  for (const sum of [...decimals, Number.NaN]) {
    test(`a histogram with the sum ${Object.is(sum, -0) ? '-0' : sum}`, () => {
      const reader = first(bytesOf([0, { count: 3, sum, counts: [1, 0, 2] }]))
      assert.ok(Object.is(reader.sum, sum))
      assert.deepEqual(bucketsOf(reader), [
        [0, 1],
        [2, 2],
      ])
    })
  }

  test('the changed buckets of a histogram, again after rewind()', () => {
    const writer = new ValueWriter()
    writer.histogram(0, { count: 10, sum: 1, counts: [1, 2, 3, 4] }, [1, 2, 0, 4])
    const reader = first(writer.copy())
    assert.deepEqual(bucketsOf(reader), [[2, 3]])
    reader.rewind()
    assert.deepEqual(bucketsOf(reader), [[2, 3]])
    assert.equal(reader.next(), false)
  })

  test('the value after a histogram whose buckets nobody read', () => {
    const histogram = { count: 3, sum: 1, counts: [1, 1, 1] }
    const reader = new ValueReader(bytesOf([0, histogram], [1, 5]))
    assert.ok(reader.next() && reader.nextBucket() && reader.next())
    assert.deepEqual([reader.series, reader.number], [1, 5])
    assert.equal(reader.nextBucket(), false)
  })

  const wide: ExponentialValue = {
    ...{ count: 13, sum: -1.5, scale: -3, zeroCount: 4, min: -8, max: undefined },
    positive: { offset: -3, counts: [0, 4, 0] },
    negative: { offset: 2, counts: [5] },
  }
  const none = { offset: 0, counts: [] }
  const exponentials: Record<string, ExponentialValue> = {
    'an exponential histogram': wide,
    'an exponential histogram of large numbers': {
      ...{ count: most, sum: 1, scale: 20, zeroCount: most, min: 0, max: 0 },
      ...{ positive: none, negative: none },
    },
  }
  for (const [title, value] of Object.entries(exponentials)) {
    test(title, () => {
      const reader = new ValueReader(bytesOf([0, value], [1, 5]))
      assert.ok(reader.next())
      assert.deepEqual(reader.exponential(), value)
      assert.ok(reader.next())
      assert.equal(reader.number, 5)
    })
  }
})

describe('A value that contradicts itself', () => {
  const values: Record<string, Value> = {
    'a histogram whose counts do not add up': { count: 3, sum: 1, counts: [1, 1] },
    'a histogram with a fraction': { count: 1, sum: 1, counts: [0.5, 0.5] },
    'a histogram with a negative count': { count: 0, sum: 1, counts: [1, -1] },
    'a histogram above the safe integers': { count: 2 ** 53, sum: 1, counts: [2 ** 53] },
    'an exponential histogram whose counts do not add up': {
      ...{ count: 3, sum: 1, scale: 0, zeroCount: 0 },
      positive: { offset: 0, counts: [1] },
      negative: { offset: 0, counts: [] },
    },
  }
  for (const [title, value] of Object.entries(values)) {
    test(`has a bucket that no histogram has: ${title}`, () => {
      const reader = first(bytesOf([3, value]))
      assert.deepEqual([reader.series, ...bucketsOf(reader)], [3, [most, 0]])
    })
  }
})

describe('ValueReader', () => {
  test('keeps the counts of a histogram equal on both sides, after any history', () => {
    const counts = fc.array(fc.nat({ max: 300 }), { minLength: 5, maxLength: 5 })
    fc.assert(
      fc.property(fc.array(counts, { minLength: 1, maxLength: 8 }), (history) => {
        const series = { number: 0, counts: undefined }
        const received = [0, 0, 0, 0, 0]
        for (const next of history) {
          const count = next.reduce((total, each) => total + each, 0)
          const writer = new ValueWriter()
          writeValue(writer, series, { value: { count, sum: 1, counts: next }, buckets: 5 })
          for (const [bucket, each] of bucketsOf(first(writer.copy()))) received[bucket] = each
          assert.deepEqual(received, next)
        }
      }),
    )
  })

  test('walks any bytes without an error, in as many steps as there are bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        assert.ok(stepsThrough(bytes) <= bytes.length)
        // A walk without a look at the buckets finds the same faults.
        const [one, other] = [new ValueReader(bytes), new ValueReader(bytes)]
        while (one.next()) bucketsOf(one)
        assert.equal(one.isValid(most), other.isValid(most))
      }),
      { numRuns: 5_000 },
    )
  })
})

function stepsThrough(bytes: Uint8Array): number {
  const reader = new ValueReader(bytes)
  let steps = 0
  while (reader.next()) {
    steps += 1 + bucketsOf(reader).length
    if (reader.kind === valueKinds.exponential) reader.exponential()
  }
  return steps
}

function first(bytes: Buffer): ValueReader {
  assert.ok(new ValueReader(bytes).isValid(most))
  const reader = new ValueReader(bytes)
  assert.ok(reader.next())
  return reader
}

function bucketsOf(reader: ValueReader): [bucket: number, count: number][] {
  const buckets: [number, number][] = []
  while (reader.nextBucket()) buckets.push([reader.bucket, reader.count])
  return buckets
}
