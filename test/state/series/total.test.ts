import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { MetricKind, Value } from '../../../src/model/metric.ts'
import { staysAfterEnd } from '../../../src/state/series/total.ts'
import {
  addCell,
  cellsOf,
  familyOf,
  type GivenSeries,
  retireAll,
  seriesOf,
  shownValues,
  store,
} from '../../support/state/series.ts'

const histogram = { count: 2, sum: 3, counts: [1, 1] }

describe('the point of a series', () => {
  test('adds the cells of a counter to the retired value, and skips empty cells', () => {
    assert.deepEqual(shownValues(seriesOf('counter', [2, undefined, 3], { retired: 10 })), [15])
    assert.deepEqual(
      shownValues(seriesOf('upDownCounter', [-2, undefined, 3], { retired: -10 })),
      [-9],
    )
  })

  test('has the last value of a gauge', () => {
    assert.deepEqual(shownValues(seriesOf('gauge', [2, 3, undefined])), [3])
  })

  test('is absent without any value', () => {
    assert.deepEqual(shownValues(seriesOf('counter', [undefined])), [])
    assert.deepEqual(shownValues(seriesOf('gauge', [])), [])
  })

  test('has the attributes object of the series', () => {
    const one = seriesOf('counter', [1])
    assert.equal(one.family.read().points[0]?.attributes, one.attributes)
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
      const one = seriesOf(kind, [before])
      assert.deepEqual(shownValues(one), [before])
      for (const cell of cellsOf(one)) store(cell, after)
      assert.deepEqual(shownValues(one), [expected])
    })
  }

  test('of a histogram keeps a sum that falls by a rounding error', () => {
    const one = seriesOf('histogram', [{ ...histogram, sum: 1 }])
    assert.deepEqual(shownValues(one), [{ ...histogram, sum: 1 }])
    for (const cell of cellsOf(one)) store(cell, { ...histogram, sum: 1 - 5e-13 })
    assert.deepEqual(shownValues(one), [{ ...histogram, sum: 1 }])
    for (const cell of cellsOf(one)) store(cell, { ...histogram, sum: 0.5 })
    assert.deepEqual(shownValues(one), [{ ...histogram, sum: 0.5 }])
  })

  test('falls again by a rounding error from the last shown value only', () => {
    const one = seriesOf('counter', [2])
    shownValues(one)
    for (const cell of cellsOf(one)) store(cell, 3)
    shownValues(one)
    for (const cell of cellsOf(one)) store(cell, 3 - 5e-13)
    assert.deepEqual(shownValues(one), [3])
  })
})

describe('what retired sources leave', () => {
  test('is the sum of their values', () => {
    const one = seriesOf('counter', [2, 3, undefined])
    retireAll(one)
    assert.deepEqual(shownValues(one), [5])
  })

  test('stays for a cell without a value', () => {
    const one = seriesOf('histogram', [undefined], { retired: histogram })
    retireAll(one)
    assert.deepEqual(shownValues(one), [histogram])
  })

  test('is nothing without values', () => {
    const one = seriesOf('counter', [undefined])
    retireAll(one)
    assert.equal(one.family.size, 0)
  })
})

describe('by the rule', () => {
  const full = { count: 9, sum: 1, counts: [4, 5] }
  const rows: Record<string, readonly [MetricKind, GivenSeries, readonly Value[], Value]> = {
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
    test(title, () => assert.deepEqual(shownValues(seriesOf(kind, values, given)), [expected]))
  }

  test('max, the highest value of ended workers stays, and never adds up', () => {
    const one = seriesOf('counter', [5, 7], { rule: 'max' })
    retireAll(one)
    assert.deepEqual(shownValues(one), [7])
    addCell(one, 3, 6)
    assert.deepEqual(shownValues(one), [7])
  })

  test('max, the value of ended workers ends when the counter of the host starts again', () => {
    const one = seriesOf('counter', [8], { rule: 'max', retired: 9 })
    const cell = one.first ?? assert.fail('no cell')
    store(cell, 8.5)
    assert.deepEqual(shownValues(one), [9])
    store(cell, 0.5)
    assert.deepEqual(shownValues(one), [0.5])
  })

  for (const rule of ['max', 'first', 'per_worker'] as const) {
    for (const kind of ['gauge', 'upDownCounter'] as const) {
      test(`${rule}, the value of a ${kind} ends with its worker`, () => {
        assert.equal(staysAfterEnd(familyOf(kind, rule).descriptor, rule, true), false)
      })
    }
  }
})
