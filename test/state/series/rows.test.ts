import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Rows } from '../../../src/state/series/rows.ts'

describe('Rows', () => {
  test('keeps the values of all rows when the array grows', () => {
    const rows = new Rows(3)
    const places = Array.from({ length: 100 }, (_, index) => {
      const at = rows.take()
      rows.values.fill(index, at, at + 3)
      return at
    })
    assert.equal(new Set(places).size, 100)
    for (const [index, at] of places.entries())
      assert.deepEqual([...rows.values.subarray(at, at + 3)], [index, index, index])
    assert.equal(rows.size, 100)
  })

  test('uses a released row again, with zeros', () => {
    const rows = new Rows(2)
    const [first, second] = [rows.take(), rows.take()]
    rows.values.fill(7)
    rows.release(first)
    assert.equal(rows.size, 1)
    assert.equal(rows.take(), first)
    assert.deepEqual([...rows.values.subarray(first, first + 2)], [0, 0])
    assert.deepEqual([...rows.values.subarray(second, second + 2)], [7, 7])
  })

  test('is sparse when most rows of a large array are free', () => {
    const rows = new Rows(10)
    const places = Array.from({ length: 100 }, () => rows.take())
    assert.equal(rows.isSparse, false)
    for (const at of places.slice(10)) rows.release(at)
    assert.equal(rows.isSparse, true)
  })
})
