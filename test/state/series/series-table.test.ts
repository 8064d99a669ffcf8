import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stateLimits } from '../../../src/limits/state.ts'
import { catalog } from '../../../src/model/catalog/catalog.ts'
import { other } from '../../../src/model/endpoint.ts'
import type { Descriptor } from '../../../src/model/metric.ts'
import { ownScope } from '../../../src/model/own-scope.ts'
import { Rows } from '../../../src/state/series/rows.ts'
import { SeriesTable } from '../../../src/state/series/series-table.ts'
import { usualRules } from '../../support/merging.ts'
import { store } from '../../support/state/series.ts'

const counter: Descriptor = {
  name: 'orders',
  kind: 'counter',
  unit: '',
  description: '',
  scope: 'app',
}

const columns = new Rows(1)
const source = { forkNumber: 1, rows: () => columns }

describe('SeriesTable', () => {
  test('keeps a family per scope, name and unit, with the first descriptor', () => {
    const table = new SeriesTable({ rules: usualRules, maxSeries: 5 })
    const family = table.family(counter)
    assert.equal(table.family({ ...counter, description: 'x' }), family)
    assert.notEqual(table.family({ ...counter, unit: 's' }), family)
    assert.notEqual(table.family({ ...counter, scope: 'other' }), family)
    assert.notEqual(table.family({ ...counter, name: 'other' }), family)
    assert.equal(family?.descriptor, counter)
    assert.deepEqual([...table.dropped], [])
  })

  test('leaves out and counts a descriptor of another kind, or with other bounds', () => {
    const table = new SeriesTable({ rules: usualRules, maxSeries: 5 })
    const histogram: Descriptor = { ...counter, name: 'wait', kind: 'histogram', bounds: [1, 2] }
    table.family(counter)
    table.family(histogram)
    assert.equal(table.family({ ...counter, kind: 'gauge' }), undefined)
    assert.equal(table.family({ ...histogram, bounds: [1, 3] }), undefined)
    assert.ok(table.family({ ...histogram, bounds: [1, 2] }))
    assert.deepEqual([...table.dropped], [['conflicting_descriptor', 2]])
  })

  test('shows a metric of OpenTelemetry once, the one of the application', () => {
    const table = new SeriesTable({ rules: usualRules, maxSeries: 5 })
    const name = 'http.server.request.duration'
    const named = (given: Partial<Descriptor>) => table.family({ ...counter, ...given })
    const families = [
      named({ name, scope: ownScope }),
      named({ name: 'http.server.active_requests', scope: ownScope }),
      named({ name: 'gunicorn_worker_requests_total', scope: ownScope }),
    ]
    const theirs = named({ name, scope: 'app' })
    for (const family of families) table.addCell(family ?? assert.fail('refused'), {}, source)
    const shown = (): string[] =>
      table.metrics().map(({ descriptor }) => `${descriptor.scope} ${descriptor.name}`)
    // Their metric has no series yet.
    assert.ok(shown().includes(`${ownScope} ${name}`))
    table.addCell(theirs ?? assert.fail('refused'), {}, source)
    assert.deepEqual(shown(), [
      `${ownScope} http.server.active_requests`,
      `${ownScope} gunicorn_worker_requests_total`,
      `app ${name}`,
    ])
  })

  test('leaves out and counts metrics over the limit', () => {
    const table = new SeriesTable({ rules: usualRules, maxSeries: 5, maxMetrics: 2 })
    assert.ok(table.family({ ...counter, name: 'a' }))
    assert.ok(table.family({ ...counter, name: 'b' }))
    assert.equal(table.family({ ...counter, name: 'c' }), undefined)
    assert.equal(table.family({ ...counter, name: 'd' }), undefined)
    assert.ok(table.family({ ...counter, name: 'a' }))
    assert.deepEqual([...table.dropped], [['metrics_limit', 2]])
    assert.equal(table.metrics().length, 2)
  })

  test('leaves out and counts a histogram beyond stateLimits.histogramBounds', () => {
    const table = new SeriesTable({ rules: usualRules, maxSeries: 5 })
    const bounds = Array.from({ length: stateLimits.histogramBounds + 1 }, (_, index) => index)
    const histogram = { ...counter, kind: 'histogram' } as const
    assert.equal(table.family({ ...histogram, name: 'fine', bounds }), undefined)
    assert.ok(table.family({ ...histogram, name: 'usual', bounds: bounds.slice(1) }))
    assert.deepEqual([...table.dropped], [['bounds_limit', 1]])
  })

  test('holds stateLimits.metrics metrics by default', () => {
    const table = new SeriesTable({ rules: usualRules, maxSeries: 5 })
    for (let index = 0; index < stateLimits.metrics; index += 1)
      assert.ok(table.family({ ...counter, name: `name_${index}` }))
    assert.equal(table.family(counter), undefined)
    assert.deepEqual([...table.dropped], [['metrics_limit', 1]])
  })

  test('leaves out and counts series over the limit, until a series is removed', () => {
    const table = new SeriesTable({ rules: usualRules, maxSeries: 2 })
    const family = table.family(counter) ?? assert.fail('no family')
    const first = table.addCell(family, { a: 1 }, source) ?? assert.fail('no room')
    assert.ok(table.addCell(family, { a: 2 }, source))
    assert.equal(table.addCell(family, { a: 3 }, source), undefined)
    assert.ok(table.addCell(family, { a: 2 }, source), 'a known series takes another cell')
    assert.equal(table.seriesCount, 2)
    assert.deepEqual([...table.dropped], [['series_limit', 1]])
    table.removeCell(first)
    assert.equal(table.seriesCount, 1)
    assert.ok(table.addCell(family, { a: 3 }, source))
    assert.equal(table.seriesCount, 2)
  })

  test('keeps a series that another cell or a retired value holds', () => {
    const table = new SeriesTable({ rules: usualRules, maxSeries: 2 })
    const family = table.family(counter) ?? assert.fail('no family')
    const one = table.addCell(family, {}, source) ?? assert.fail('no room')
    const other = table.addCell(family, {}, source) ?? assert.fail('no room')
    assert.equal(one.series, other.series)
    table.removeCell(one)
    assert.equal(table.seriesCount, 1)
    store(other, 5)
    family.values.retire(other)
    table.removeCell(other)
    assert.equal(table.seriesCount, 1)
    assert.deepEqual(table.metrics()[0]?.points, [{ attributes: {}, value: 5 }])
  })

  test('shows the first value of a series exactly', () => {
    const table = new SeriesTable({ rules: usualRules, maxSeries: 2 })
    const family = table.family(counter) ?? assert.fail('no family')
    const cell = table.addCell(family, {}, source) ?? assert.fail('no room')
    store(cell, 1 - 5e-13)
    assert.equal(table.metrics()[0]?.points[0]?.value, 1 - 5e-13)
  })

  test('does not remove a later series when a cell is removed twice', () => {
    const table = new SeriesTable({ rules: usualRules, maxSeries: 2 })
    const family = table.family(counter) ?? assert.fail('no family')
    const first = table.addCell(family, {}, source) ?? assert.fail('no room')
    table.removeCell(first)
    const second = table.addCell(family, {}, source) ?? assert.fail('no room')
    store(second, 3)
    table.removeCell(first)
    assert.equal(table.seriesCount, 1)
    assert.deepEqual(table.metrics()[0]?.points, [{ attributes: {}, value: 3 }])
  })

  test('folds the labels of clients of a metric beyond its limit, and then endpoints', () => {
    const table = new SeriesTable({ rules: usualRules, maxSeries: 50, maxClientSeries: 2 })
    const failed = { ...counter, name: catalog.failedRequests.name, scope: ownScope }
    const family = table.family(failed) ?? assert.fail('no family')
    const count = (endpoint: string, error: string): void => {
      const labels = { worker_id: 'w', endpoint, error_type: error, status_code: '500' }
      const cell = table.addCell(family, labels, source) ?? assert.fail('no room')
      store(cell, 1)
    }
    count('/a', 'A')
    count('/a', 'B')
    for (const error of ['C', 'D', 'A']) count('/a', error)
    count('/b', 'A')
    count('/c', 'A')
    count('/d', 'A')
    count('/b', 'B')
    const rows = table.ownPointsOf(failed.name).map(({ attributes, value }) => {
      return [...Object.values(attributes), value].join(' ')
    })
    assert.deepEqual(rows, [
      'w /a A 500 2',
      'w /a B 500 1',
      `w /a ${other}  2`,
      `w /b ${other}  2`,
      `w ${other} ${other}  2`,
    ])
    assert.equal(table.dropped.get('client_series_limit'), 6)
    // Another metric keeps its labels.
    const own = table.family(counter) ?? assert.fail('no family')
    for (let index = 0; index < 9; index += 1) table.addCell(own, { endpoint: index }, source)
    assert.equal(own.size, 9)
  })
})
