import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HistogramCell } from '../../../src/collect/counts/histogram-cell.ts'
import { durationBounds, sizeBounds } from '../../../src/model/catalog/bounds.ts'
import type { HistogramValue, Point } from '../../../src/model/metric.ts'
import { collected, converted } from '../../support/otel/otel.ts'
import { Random } from '../../support/random.ts'

describe('a value falls into the bucket whose bound it does not pass', () => {
  const rows: readonly (readonly [value: number, counts: readonly number[]])[] = [
    [-1, [1, 0, 0]],
    [0, [1, 0, 0]],
    [-0, [1, 0, 0]],
    [1, [1, 0, 0]],
    [1 + Number.EPSILON, [0, 1, 0]],
    [5, [0, 1, 0]],
    [5.000001, [0, 0, 1]],
    [Number.POSITIVE_INFINITY, [0, 0, 1]],
    [Number.NEGATIVE_INFINITY, [1, 0, 0]],
  ]
  for (const [value, counts] of rows) {
    test(`${value}`, () => {
      const cell = new HistogramCell([1, 5])
      cell.record(value)
      assert.deepEqual(cell.read(), { count: 1, sum: 0 + value, counts })
    })
  }

  test('without bounds there is one', () => {
    const cell = new HistogramCell([])
    cell.record(3)
    assert.deepEqual(cell.read(), { count: 1, sum: 3, counts: [1] })
  })
})

test('what was read does not change with what is recorded then', () => {
  const cell = new HistogramCell([1])
  const before = cell.read()
  cell.record(1)
  assert.deepEqual(before, { count: 0, sum: 0, counts: [0, 0] })
})

describe('a cell tells what the SDK’s histogram tells', () => {
  const bounds: Record<string, readonly number[]> = {
    durations: durationBounds,
    sizes: sizeBounds,
    none: [],
    one: [1],
  }
  for (const [title, edges] of Object.entries(bounds)) {
    test(`of ${title}: at every bound and beside it`, async () => {
      const values = edges.flatMap((bound) => [bound, bound * 0.999, bound * 1.001])
      const zeros = [0, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER]
      await compare(edges, [...values, ...zeros])
    })

    test(`of ${title}: of random values`, async () => {
      const random = new Random(5)
      const values = Array.from({ length: 500 }, () => random.next() * 10 ** random.below(9))
      await compare(edges, values)
    })
  }

  test('of what is no number: nothing', async () => {
    await compare([1, 5], [2, Number.NaN, 3])
  })

  async function compare(edges: readonly number[], values: readonly number[]): Promise<void> {
    const cell = new HistogramCell(edges)
    const data = await collected((provider) => {
      const histogram = provider
        .getMeter('app')
        .createHistogram('wait', { advice: { explicitBucketBoundaries: [...edges] } })
      for (const value of values) {
        cell.record(value)
        histogram.record(value)
      }
    })
    const expected = converted(data)[0]?.points[0]?.value
    assert.deepEqual(cell.read(), expected satisfies Point['value'] | undefined as HistogramValue)
  }
})
