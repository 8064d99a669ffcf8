import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { MergeRule } from '../../src/model/merging/merge-rule.ts'
import type { MetricKind, Value } from '../../src/model/metric.ts'
import type { Family, Series } from '../../src/state/series.ts'
import { pointsOf, retireCell, storeValue } from '../../src/state/series-total.ts'

const histogram = { count: 2, sum: 3, counts: [1, 1] }

describe('the point of a series', () => {
  test('adds the cells of a counter to the retired value, and skips empty cells', () => {
    assert.deepEqual(shown(series('counter', [2, undefined, 3], { retired: 10 })), [15])
    assert.deepEqual(shown(series('upDownCounter', [-2, undefined, 3], { retired: -10 })), [-9])
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
    const one = series('histogram', [undefined], { retired: histogram })
    for (const cell of one.cells) retireCell(cell, false)
    assert.equal(one.retired, histogram)
  })

  test('leaves a series without values as it is', () => {
    const one = series('counter', [undefined])
    for (const cell of one.cells) retireCell(cell, false)
    assert.equal(one.retired, undefined)
  })
})

describe('by the rule', () => {
  const full = { count: 9, sum: 1, counts: [4, 5] }
  const rows: Record<string, readonly [MetricKind, Given, readonly Value[], Value]> = {
    'max, a counter has the highest value': ['counter', { rule: 'max' }, [3, 5, 4], 5],
    'max, a gauge has the highest value': ['gauge', { rule: 'max' }, [-3, -5], -3],
    'max, a histogram is the histogram with most values': [
      'histogram',
      { rule: 'max' },
      [histogram, full, histogram],
      full,
    ],
    'max, a metric that one worker makes twice adds up first': [
      'counter',
      { rule: 'max', forks: [1, 1, 2] },
      [3, 4, 5],
      7,
    ],
    'first, a gauge has the value of the lowest fork number': [
      'gauge',
      { rule: 'first', forks: [3, 2, 4] },
      [30, 20, 40],
      20,
    ],
    'first, an up-down counter that one worker makes twice adds up': [
      'upDownCounter',
      { rule: 'first', forks: [2, 2, 3] },
      [1, 2, 9],
      3,
    ],
    'sum, gauges of workers add up': ['gauge', { rule: 'sum' }, [1, 2, 3], 6],
    'sum, a gauge that one worker makes twice counts once': [
      'gauge',
      { rule: 'sum', forks: [1, 1, 2] },
      [1, 2, 3],
      5,
    ],
    'per_worker, a counter that one worker makes twice adds up': [
      'counter',
      { rule: 'per_worker', forks: [1, 1] },
      [1, 10],
      11,
    ],
  }
  for (const [title, [kind, given, values, expected]] of Object.entries(rows)) {
    test(title, () => assert.deepEqual(shown(series(kind, values, given)), [expected]))
  }

  test('max, the highest value of ended workers stays, and never adds up', () => {
    const one = series('counter', [5, 7], { rule: 'max' })
    for (const cell of one.cells) retireCell(cell, true)
    one.cells.clear()
    assert.deepEqual(shown(one), [7])
    addCell(one, 3, 6)
    assert.deepEqual(shown(one), [7])
  })

  test('max, the value of ended workers ends when the counter of the host starts again', () => {
    const one = series('counter', [8], { rule: 'max', retired: 9 })
    const [cell] = one.cells
    assert.ok(cell)
    storeValue(cell, 8.5)
    assert.deepEqual(shown(one), [9])
    storeValue(cell, 0.5)
    assert.deepEqual(shown(one), [0.5])
  })

  for (const rule of ['max', 'first', 'per_worker'] as const) {
    for (const kind of ['gauge', 'upDownCounter'] as const) {
      test(`${rule}, the value of a ${kind} ends with its worker`, () => {
        const one = series(kind, [5], { rule })
        for (const cell of one.cells) retireCell(cell, true)
        assert.equal(one.retired, undefined)
      })
    }
  }
})

interface Given {
  readonly rule?: MergeRule
  /** Fork numbers of the cells. Default: 1, 2, and so on. */
  readonly forks?: readonly number[]
  readonly retired?: Value
}

function series(
  kind: MetricKind,
  values: readonly (Value | undefined)[],
  { rule = kind === 'gauge' ? 'per_worker' : 'sum', forks = [], retired }: Given = {},
): Series {
  const descriptor = { name: 'm', kind, unit: '', description: '', scope: 'app' }
  const family: Family = { descriptor, rule, series: new Map() }
  const one: Series = {
    key: 'k',
    family,
    attributes: { a: 1 },
    cells: new Set(),
    retired,
    shown: 0,
  }
  for (const [index, value] of values.entries()) addCell(one, forks[index] ?? index + 1, value)
  family.series.set('k', one)
  return one
}

function addCell(one: Series, forkNumber: number, value: Value | undefined): void {
  one.cells.add({ series: one, key: 'k', forkNumber, value })
}

function shown({ family }: Series): Value[] {
  return pointsOf(family).map(({ value }) => value)
}
