import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CountPlaces, numbersOf } from '../../../src/collect/counts/count-places.ts'
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

test('histograms that share a buffer count as histograms alone', () => {
  const random = new Random(5)
  const all = new Float64Array(1_000)
  let next = 0
  const places: CountPlaces = {
    all,
    take(series) {
      const size = numbersOf(series)
      const place = all.subarray(next, next + size)
      next += size + 1
      return place
    },
  }
  const pairs = [durationBounds, sizeBounds, [], [1, 2], sizeBounds].map((bounds) => ({
    alone: new HistogramCell(bounds),
    shared: new HistogramCell(bounds),
  }))
  for (let turn = 0; turn < 2_000; turn += 1) {
    for (const { alone, shared } of pairs) {
      const value = 10 ** (8 * random.next() - 4)
      alone.record(value)
      shared.record(value)
    }
    if (turn % 500 !== 0) continue
    const series = { key: 'requestDuration', attributes: {} } as const
    for (const { shared } of pairs) shared.moveTo(places, series)
  }
  for (const { alone, shared } of pairs) assert.deepEqual(shared.read(), alone.read())
})
