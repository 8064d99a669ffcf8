import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Value } from '../../src/model/metric.ts'
import { LiveSource } from '../../src/state/live-source.ts'
import type { Cell, Family } from '../../src/state/series.ts'

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

  test('lists cells of all series within the limit', () => {
    const source = new LiveSource(1, identity)
    source.cells.set(0, cell(1)).set(1, undefined).set(2, cell(3))
    assert.deepEqual(
      Array.from(source.filledCells(), ({ value }) => value),
      [1, 3],
    )
  })

  test('gives unannounced cells numbers below zero', () => {
    const source = new LiveSource(1, identity)
    source.addUnannounced(cell(1))
    source.cells.set(0, cell(2))
    source.addUnannounced(cell(3))
    assert.deepEqual([...source.cells.keys()], [-1, 0, -3])
  })
})

function cell(value: Value): Cell {
  const descriptor = {
    name: 'm',
    kind: 'counter',
    unit: '',
    description: '',
    scope: 'app',
  } as const
  const family: Family = { descriptor, rule: 'sum', series: new Map() }
  const series = {
    key: '',
    family,
    attributes: {},
    cells: new Set<Cell>(),
    retired: undefined,
    shown: 0,
  }
  return { series, key: '', forkNumber: 1, value }
}
