import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Columns, setShare } from '../../../src/state/series/columns.ts'
import { Series } from '../../../src/state/series/series.ts'
import { addCell, familyOf } from '../../support/state/series.ts'

describe('Columns', () => {
  test('add the first column of all shares with a value, in their order', () => {
    const { columns, series } = started()
    assert.equal(columns.sumOf(series), undefined)
    const [one, , three] = [addCell(series, 1), addCell(series, 2), addCell(series, 3)]
    setShare(three, 0.3)
    assert.equal(columns.sumOf(series), 0.3)
    setShare(one, 0.1)
    assert.equal(columns.sumOf(series), 0.1 + 0.3)
    setShare(three, 0.7)
    assert.equal(columns.sumOf(series), 0.1 + 0.7)
  })

  test('add to what ended sources left, also without a share', () => {
    const { columns, series } = started()
    columns.retired.values[columns.retire(series)] = 5
    columns.retired.values[columns.retire(series)] = 6
    assert.equal(columns.sumOf(series), 6)
    const cell = addCell(series, 1)
    assert.equal(columns.sumOf(series), 6)
    setShare(cell, 1)
    assert.equal(columns.sumOf(series), 7)
    columns.dropRetired(series)
    columns.dropRetired(series)
    assert.equal(columns.retired.size, 0)
    assert.equal(columns.sumOf(series), 1)
  })

  test('keep a sum that a number too large would end', () => {
    const { columns, series } = started()
    for (const value of [1e308, 1e308, 5]) setShare(addCell(series, 1), value)
    assert.equal(columns.sumOf(series), 1e308)
  })

  test('move the totals of the series that are left to a smaller array', () => {
    const columns = new Columns(10)
    const all = Array.from({ length: 200 }, (_, index) => {
      const series = new Series(familyOf('counter'), String(index), {})
      columns.add(series)
      columns.totals.values.fill(index, series.at, series.at + 10)
      return series
    })
    assert.equal(columns.compact(all), false)
    const left = all.slice(-3)
    for (const series of all.slice(0, -3)) columns.remove(series)
    assert.equal(columns.compact(left), true)
    assert.ok(columns.totals.values.length < 100)
    assert.deepEqual(
      left.map(({ at }) => columns.totals.values[at + 9]),
      [197, 198, 199],
    )
    assert.equal(columns.compact(left), false)
  })
})

function started(): { columns: Columns; series: Series } {
  const columns = new Columns(1)
  const series = new Series(familyOf('counter'), 'k', {})
  columns.add(series)
  return { columns, series }
}
