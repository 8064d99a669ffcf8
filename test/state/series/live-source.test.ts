import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ownScope } from '../../../src/model/own-scope.ts'
import { Family } from '../../../src/state/series/family.ts'
import { LiveSource } from '../../../src/state/series/live-source.ts'
import { type Cell, Series } from '../../../src/state/series/series.ts'
import { addCell, seriesOf, store } from '../../support/state/series.ts'

const identity = { role: 'worker', forkNumber: 1, startSeconds: 10, pid: 20 } as const

describe('LiveSource', () => {
  test('starts before its first report', () => {
    const source = new LiveSource(3, identity)
    assert.deepEqual([source.forkNumber, source.sequence, source.hasEnded], [3, 0, false])
    assert.equal(source.identity, identity)
  })

  test('is the same process with equal pid and start only', () => {
    const source = new LiveSource(1, identity)
    assert.equal(source.isProcess({ ...identity, role: 'single', forkNumber: 2 }), true)
    assert.equal(source.isProcess({ ...identity, pid: 21 }), false)
    assert.equal(source.isProcess({ ...identity, startSeconds: 11 }), false)
  })

  test('lists cells of all series within the limit, in the order of their addition', () => {
    const source = new LiveSource(1, identity)
    const series = seriesOf('counter', [])
    const [one, two, three] = [addCell(series, 1), addCell(series, 1), addCell(series, 1)]
    source.cells.set(0, one)
    source.cells.set(1, undefined)
    source.cells.set(7, two)
    source.cells.add(three)
    assert.deepEqual(source.filledCells(), [one, two, three])
  })

  test('keeps the values of chosen cells in new columns', () => {
    const source = new LiveSource(1, identity)
    const series = seriesOf('counter', [])
    const cells = [1, 2, 3].map((value) => {
      const cell = series.family.addCell(series, 'k', { forkNumber: 1, rows: source.rows(1) })
      store(cell, value)
      source.cells.set(value, cell)
      return cell
    })
    const before = source.rows(1)
    source.keep(cells.slice(1, 2))
    assert.notEqual(source.rows(1), before)
    assert.deepEqual(
      source.filledCells().map((cell) => series.family.values.valueOf(cell)),
      [2],
    )
    assert.equal(source.rows(1).size, 1)
  })

  test('shows the values of its own metrics from the first report with a value', () => {
    const source = new LiveSource(1, identity)
    const add = (name: string, value?: number): Cell => {
      const descriptor = {
        name,
        kind: 'gauge',
        unit: '',
        description: '',
        scope: ownScope,
      } as const
      const family = new Family(descriptor, 'sum')
      const series = new Series(family, 'k', { name })
      family.addSeries(series)
      const cell = addCell(series, 1, value)
      source.cells.set(source.cells.size, cell)
      return cell
    }
    source.cells.set(0, addCell(seriesOf('gauge', []), 1, 9))
    assert.equal(source.valueOf('memory'), undefined)
    const empty = add('memory')
    add('memory', 2)
    assert.equal(source.valueOf('memory'), 2)
    store(empty, 1)
    assert.equal(source.valueOf('memory'), 1)
    add('memory', 3)
    assert.deepEqual(
      source.pointsOf('memory').map(({ value }) => value),
      [1, 2, 3],
    )
    source.keep([empty])
    assert.deepEqual(source.pointsOf('memory'), [{ attributes: { name: 'memory' }, value: 1 }])
    // Metrics of the application do not count.
    assert.equal(source.valueOf('m'), undefined)
  })
})
