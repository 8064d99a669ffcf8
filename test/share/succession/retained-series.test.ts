import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stateLimits } from '../../../src/limits/state.ts'
import type { Metric } from '../../../src/model/metric.ts'
import { familyKey, RetainedSeries } from '../../../src/share/succession/retained-series.ts'
import { counted, orders, waits } from '../../support/redis/source-state.ts'

const now = 1_000
/** The monotonic clock shows less than the system's clock. */
const start = { now: 10, unixNow: now }
const worker = (id: string, value = 1): Metric => counted(value, { worker_id: id, path: '/' })
const point = (id: string) => ({ attributes: { path: '/', worker_id: id }, value: 0 })

describe('Retained series', () => {
  test('stay until their time, and no longer than stateLimits.retentionMs', () => {
    const groups = [-1, 0, 1, stateLimits.retentionMs, stateLimits.retentionMs + 1].map((ms) => ({
      until: now + ms,
      metrics: [worker('a')],
    }))
    assert.deepEqual(new RetainedSeries(groups, start).at(start), groups.slice(2, 4))
  })

  test('stay no longer than the given retention', () => {
    const groups = [1, 5, 6].map((ms) => ({ until: now + ms, metrics: [worker('a')] }))
    assert.deepEqual(new RetainedSeries(groups, start, 5).at(start), groups.slice(0, 2))
  })

  test('are taken once by name, in any order of the attributes', () => {
    const first = { until: now + 1, metrics: [worker('a', 1), worker('b', 2)] }
    const second = { until: now + 2, metrics: [worker('c', 3)] }
    const retained = new RetainedSeries([first, second], start)
    assert.equal(retained.take(orders, point('x')), undefined)
    assert.equal(retained.take({ ...orders, name: 'other' }, point('a')), undefined)
    assert.equal(retained.take(orders, { attributes: { worker_id: 'a' }, value: 0 }), undefined)
    assert.equal(retained.take(orders, point('a'))?.value, 1)
    assert.equal(retained.take(orders, point('a')), undefined)
    assert.deepEqual(retained.at(start), [{ until: now + 1, metrics: [worker('b', 2)] }, second])
    assert.equal(retained.take(orders, point('c'))?.value, 3)
    assert.deepEqual(retained.at(start).at(-1), { until: now + 2, metrics: [] })
  })

  test('keep the time that is left when the clock of the system steps', () => {
    const group = { until: now + 60, metrics: [worker('a')] }
    const retained = new RetainedSeries([group], start)
    for (const unixNow of [now - 3_600_000, now + 3_600_000]) {
      assert.deepEqual(retained.at({ now: 30, unixNow }), [{ ...group, until: unixNow + 40 }])
      assert.deepEqual(retained.at({ now: 70, unixNow }), [])
    }
  })

  test('have a whole number as their time, as a reader of the state demands', () => {
    const group = { until: now + 60, metrics: [worker('a')] }
    const retained = new RetainedSeries([group], { now: 10.25, unixNow: now })
    assert.deepEqual(retained.at({ now: 30.75, unixNow: now + 20 }), [group])
  })

  test('have the same metrics until a series is taken', () => {
    const group = { until: now + 1, metrics: [worker('a')] }
    const retained = new RetainedSeries([group], start)
    assert.equal(retained.at(start)[0]?.metrics, group.metrics)
    assert.equal(retained.take(orders, { attributes: { worker_id: 'a' }, value: 0 }), undefined)
    assert.equal(retained.at(start)[0]?.metrics, group.metrics)
    assert.ok(retained.take(orders, point('a')))
    assert.notEqual(retained.at(start)[0]?.metrics, group.metrics)
  })

  test('of one worker and one metric are kept apart', () => {
    const points = ['/a', '/b'].map((path, value) => ({
      attributes: { worker_id: 'a', path },
      value,
    }))
    const metrics = [{ descriptor: orders, points }]
    const retained = new RetainedSeries([{ until: now + 1, metrics }], start)
    for (const each of points) assert.equal(retained.take(orders, each), each)
  })

  test('of several metrics and workers are kept apart', () => {
    const wait: Metric = { descriptor: waits, points: [point('a'), point('b')] }
    const retained = new RetainedSeries(
      [{ until: now + 1, metrics: [worker('a', 1), wait] }],
      start,
    )
    assert.equal(retained.take(waits, point('a')), wait.points[0])
    assert.equal(retained.take(orders, point('a'))?.value, 1)
    assert.equal(retained.take(waits, point('b')), wait.points[1])
  })
})

describe('The key of a metric family', () => {
  test('differs by scope, name, unit, kind and bounds', () => {
    const keys = [
      orders,
      { ...orders, scope: 'x' },
      { ...orders, name: 'x' },
      { ...orders, unit: 's' },
      { ...orders, kind: 'gauge' as const },
      waits,
      { ...waits, bounds: [1] },
    ].map(familyKey)
    assert.equal(new Set(keys).size, keys.length)
    assert.equal(familyKey({ ...orders, description: 'x' }), familyKey(orders))
  })
})
