import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { HistogramValue } from '../../../src/model/metric.ts'
import { addCell, retireAll, seriesOf, shownValues, store } from '../../support/state/series.ts'

const half = Number.MAX_SAFE_INTEGER / 2 + 0.5
const small = value(1, 0.1, 2)
const large = value(half, 1, 0)

describe('The total of a histogram', () => {
  test('changes by the differences of the counts, and has the sum of all sums', () => {
    const series = seriesOf('histogram', [value(1, 0.1, 2), value(3, 0.2, 4), value(0, 0.3, 1)])
    assert.deepEqual(shownValues(series), [value(4, 0.1 + 0.2 + 0.3, 7)])
    const cell = series.first ?? assert.fail('no cell')
    store(cell, value(2, 5, 2))
    assert.deepEqual(shownValues(series), [value(5, 5 + 0.2 + 0.3, 7)])
  })

  test('does not drift after huge sums have gone', () => {
    const series = seriesOf('histogram', [small])
    const cell = addCell(series, 2, value(1, 1e300, 0))
    assert.deepEqual(shownValues(series), [value(2, 1e300, 2)])
    series.family.removeCell(cell)
    assert.deepEqual(shownValues(series), [small])
  })

  test('leaves out a share whose count would make the total inexact', () => {
    const series = seriesOf('histogram', [large, large, small])
    // The third share has room where the second has none.
    assert.deepEqual(shownValues(series), [value(half + 1, 1 + 0.1, 2)])
    const second = series.first?.next ?? assert.fail('no cell')
    store(second, value(7, 1, 0))
    assert.deepEqual(shownValues(series), [value(half + 8, 1 + 1 + 0.1, 2)])
    store(second, value(9, 1, 0))
    assert.deepEqual(shownValues(series), [value(half + 10, 1 + 1 + 0.1, 2)])
  })

  test('keeps what ended sources left, but no share that has no room', () => {
    const series = seriesOf('histogram', [large, large, small])
    retireAll(series)
    assert.deepEqual(shownValues(series), [value(half + 1, 1 + 0.1, 2)])
    addCell(series, 9, small)
    assert.deepEqual(shownValues(series), [value(half + 2, 1 + 0.1 + 0.1, 4)])
  })

  test('is the same after each addition of the same shares', () => {
    const series = seriesOf('histogram', [large, large])
    for (let time = 0; time < 3; time += 1) {
      series.family.touch(series)
      assert.deepEqual(shownValues(series), [large])
    }
  })

  test('ends with the last share, and starts from zero', () => {
    const series = seriesOf('histogram', [large, large])
    shownValues(series)
    const empty = addCell(series, 9)
    for (const cell of [series.first, series.first?.next]) if (cell) series.family.removeCell(cell)
    assert.deepEqual(shownValues(series), [])
    store(empty, small)
    assert.deepEqual(shownValues(series), [small])
  })
})

function value(low: number, sum: number, high: number): HistogramValue {
  return { count: low + high, sum, counts: [low, high] }
}
