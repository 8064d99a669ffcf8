import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { otelLimits } from '../../src/limits/otel.ts'
import type { MetricKind, Value } from '../../src/model/metric.ts'
import { add, type Family, pointsOf, retireCell, type Series } from '../../src/state/series.ts'
import { exponential } from '../support/otel/exponential.ts'

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

describe('the point of a series', () => {
  test('adds the cells of a counter to the retired value, and skips empty cells', () => {
    assert.deepEqual(shown(series('counter', [2, undefined, 3], 10)), [15])
    assert.deepEqual(shown(series('upDownCounter', [-2, undefined, 3], -10)), [-9])
  })

  test('has the last value of a gauge', () => {
    assert.deepEqual(shown(series('gauge', [2, 3, undefined])), [3])
  })

  test('is absent without any value', () => {
    assert.deepEqual(shown(series('counter', [undefined])), [])
    assert.deepEqual(shown(series('gauge', [])), [])
  })

  test('has the attributes object of the series', () => {
    const one = series('counter', [1])
    assert.equal(pointsOf(one.family)[0]?.attributes, one.attributes)
  })

  const falls: readonly (readonly [MetricKind, before: number, after: number, shown: number])[] = [
    ['counter', 1, 1 - 5e-13, 1],
    ['counter', 1, 1 - 5e-12, 1 - 5e-12],
    ['counter', 1_000, 1_000 - 5e-10, 1_000],
    ['counter', 1_000, 999, 999],
    ['counter', 1e12, 1e12 - 1, 1e12],
    ['counter', 1, 1 + 5e-13, 1 + 5e-13],
    ['upDownCounter', 1, 1 - 5e-13, 1 - 5e-13],
    ['gauge', 1, 1 - 5e-13, 1 - 5e-13],
  ]
  for (const [kind, before, after, expected] of falls) {
    test(`of a ${kind} that changes from ${before} to ${after} is ${expected}`, () => {
      const one = series(kind, [before])
      assert.deepEqual(shown(one), [before])
      for (const cell of one.cells) cell.value = after
      assert.deepEqual(shown(one), [expected])
    })
  }

  test('of a histogram keeps a sum that falls by a rounding error', () => {
    const one = series('histogram', [{ ...histogram, sum: 1 }])
    assert.deepEqual(shown(one), [{ ...histogram, sum: 1 }])
    for (const cell of one.cells) cell.value = { ...histogram, sum: 1 - 5e-13 }
    assert.deepEqual(shown(one), [{ ...histogram, sum: 1 }])
    for (const cell of one.cells) cell.value = { ...histogram, sum: 0.5 }
    assert.deepEqual(shown(one), [{ ...histogram, sum: 0.5 }])
  })

  test('falls again by a rounding error from the last shown value only', () => {
    const one = series('counter', [2])
    shown(one)
    for (const cell of one.cells) cell.value = 3
    shown(one)
    for (const cell of one.cells) cell.value = 3 - 5e-13
    assert.deepEqual(shown(one), [3])
  })
})

describe('retireCell', () => {
  test('adds the value to the retired value of the series', () => {
    const one = series('counter', [2, 3, undefined])
    for (const cell of one.cells) retireCell(cell, false)
    assert.equal(one.retired, 5)
  })

  test('keeps the retired value for a cell without a value', () => {
    const one = series('histogram', [undefined], histogram)
    for (const cell of one.cells) retireCell(cell, false)
    assert.equal(one.retired, histogram)
  })

  test('leaves a series without values as it is', () => {
    const one = series('counter', [undefined])
    for (const cell of one.cells) retireCell(cell, false)
    assert.equal(one.retired, undefined)
  })
})

function series(kind: MetricKind, values: readonly (Value | undefined)[], retired?: Value): Series {
  const descriptor = { name: 'm', kind, unit: '', description: '', scope: 'app' }
  const family: Family = { descriptor, series: new Map() }
  const one: Series = {
    key: 'k',
    family,
    attributes: { a: 1 },
    cells: new Set(),
    retired,
    shown: 0,
  }
  for (const value of values) one.cells.add({ series: one, key: 'k', value })
  family.series.set('k', one)
  return one
}

function shown({ family }: Series): Value[] {
  return pointsOf(family).map(({ value }) => value)
}
