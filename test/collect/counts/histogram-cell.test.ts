import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HistogramCell } from '../../../src/collect/counts/histogram-cell.ts'
import { durationBounds, sizeBounds } from '../../../src/model/catalog/bounds.ts'
import type { HistogramValue, Point } from '../../../src/model/metric.ts'
import { collected, converted } from '../../support/otel/otel.ts'
import { Random } from '../../support/random.ts'

describe('HistogramCell', () => {
  const rows: readonly (readonly [value: number, counts: readonly number[]])[] = [
    [0, [1, 0, 0]],
    [-0, [1, 0, 0]],
    [1, [1, 0, 0]],
    [1 + Number.EPSILON, [0, 1, 0]],
    [5, [0, 1, 0]],
    [5.000001, [0, 0, 1]],
    [Number.POSITIVE_INFINITY, [0, 0, 1]],
  ]
  for (const [value, counts] of rows) {
    test(`counts ${value} in the first bucket whose bound is not lower`, () => {
      const cell = new HistogramCell([1, 5])
      cell.record(value)
      assert.deepEqual(cell.read(), { count: 1, sum: 0 + value, counts })
    })
  }

  test('has one bucket without bounds', () => {
    const cell = new HistogramCell([])
    cell.record(3)
    assert.deepEqual(cell.read(), { count: 1, sum: 3, counts: [1] })
  })
})

test('HistogramCell returns a value that later records do not change', () => {
  const cell = new HistogramCell([1])
  const before = cell.read()
  cell.record(1)
  assert.deepEqual(before, { count: 0, sum: 0, counts: [0, 0] })
})

describe('HistogramCell returns the value of the SDK’s histogram', () => {
  const bounds: Record<string, readonly number[]> = {
    durations: durationBounds,
    sizes: sizeBounds,
    'an empty list': [],
    'a single bound': [1],
  }
  for (const [title, edges] of Object.entries(bounds)) {
    test(`for values at and beside each bound of ${title}`, async () => {
      const values = edges.flatMap((bound) => [bound, bound * 0.999, bound * 1.001])
      const zeros = [0, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER]
      await compare(edges, [...values, ...zeros])
    })

    test(`for random values with bounds of ${title}`, async () => {
      const random = new Random(5)
      const values = Array.from({ length: 500 }, () => random.next() * 10 ** random.below(9))
      await compare(edges, values)
    })
  }

  test('for NaN, which neither counts', async () => {
    await compare([1, 5], [2, Number.NaN, 3])
  })

  test('for negative values, which neither counts', async () => {
    await compare([1, 5], [2, -1, -0.001, 0, Number.NEGATIVE_INFINITY, 3])
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
