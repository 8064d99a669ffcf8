import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Attributes, Descriptor, Metric } from '../../src/model/metric.ts'
import { ReportBuilder } from '../../src/relay/report-builder.ts'

const source = { role: 'worker', forkNumber: 1, startSeconds: 1_700_000_000, pid: 4_711 } as const
const orders = descriptor({ name: 'orders' })
const wait = descriptor({ name: 'wait', kind: 'histogram', bounds: [1] })

describe('ReportBuilder: the first report', () => {
  test('says who reports and everything there is', () => {
    const changes = new ReportBuilder(10)
    const report = changes.next([counted(orders, [{ a: 1 }, 3], [{ a: 2 }, 0]), waited(2)], source)
    assert.deepEqual(report, {
      version: 1,
      sequence: 0,
      source,
      metrics: [
        [0, orders],
        [1, wait],
      ],
      series: [
        [0, 0, { a: 1 }],
        [1, 0, { a: 2 }],
        [2, 1, {}],
      ],
      values: [
        [0, 3],
        [1, 0],
        [2, [2, 2, 2, 0]],
      ],
    })
  })

  test('goes out even where there is nothing to say', () => {
    const expected = { version: 1, sequence: 0, source, metrics: [], series: [], values: [] }
    assert.deepEqual(new ReportBuilder(10).next([], source), expected)
  })

  test('does not announce a metric without points', () => {
    const report = new ReportBuilder(10).next([counted(orders)], source)
    assert.deepEqual(report?.metrics, [])
  })
})

describe('ReportBuilder: later reports', () => {
  test('contain the changes, by number', () => {
    const changes = new ReportBuilder(10)
    changes.next([counted(orders, [{ a: 1 }, 3], [{ a: 2 }, 5]), waited(2)], source)
    const report = changes.next([counted(orders, [{ a: 1 }, 3], [{ a: 2 }, 6]), waited(2)], source)
    assert.deepEqual(report, {
      version: 1,
      sequence: 1,
      metrics: [],
      series: [],
      values: [[1, 6]],
    })
  })

  test('announce new metrics and series', () => {
    const changes = new ReportBuilder(10)
    changes.next([counted(orders, [{ a: 1 }, 3])], source)
    const report = changes.next([counted(orders, [{ a: 1 }, 3], [{ a: 2 }, 1]), waited(1)], source)
    assert.deepEqual(report, {
      version: 1,
      sequence: 1,
      metrics: [[1, wait]],
      series: [
        [1, 0, { a: 2 }],
        [2, 1, {}],
      ],
      values: [
        [1, 1],
        [2, [1, 1, 1, 0]],
      ],
    })
  })

  test('have a sequence only if something changed', () => {
    const changes = new ReportBuilder(10)
    const metrics = [counted(orders, [{}, 1])]
    changes.next(metrics, source)
    assert.equal(changes.next(metrics, source), undefined)
    assert.equal(changes.next([], source), undefined)
    assert.equal(changes.next([counted(orders, [{}, 2])], source)?.sequence, 1)
  })

  const same: Record<string, readonly [first: number, second: number]> = {
    'an equal number': [0.1 + 0.2, 0.30000000000000004],
    NaN: [Number.NaN, Number.NaN],
    Infinity: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    '-0': [-0, -0],
  }
  for (const [title, [first, second]] of Object.entries(same)) {
    test(`do not repeat ${title}`, () => {
      const changes = new ReportBuilder(10)
      changes.next([counted(orders, [{}, first])], source)
      assert.equal(changes.next([counted(orders, [{}, second])], source), undefined)
    })
  }

  const different: Record<string, readonly [first: number, second: number, told: unknown]> = {
    'a counter that fell': [5, 3, 3],
    '0 after -0': [-0, 0, 0],
    '-0 after 0': [0, -0, '-0'],
    'NaN after a number': [1, Number.NaN, 'NaN'],
    'a number after NaN': [Number.NaN, 1, 1],
  }
  for (const [title, [first, second, told]] of Object.entries(different)) {
    test(`tell ${title}`, () => {
      const changes = new ReportBuilder(10)
      changes.next([counted(orders, [{}, first])], source)
      const report = changes.next([counted(orders, [{}, second])], source)
      assert.deepEqual(report?.values, [[0, told]])
    })
  }

  const histograms: Record<string, readonly [count: number, sum: number]> = {
    'that recorded zeros only': [2, 0],
    'that began anew and has as many': [1, 5],
  }
  for (const [title, [count, sum]] of Object.entries(histograms)) {
    test(`tell a histogram ${title}, once`, () => {
      const changes = new ReportBuilder(10)
      changes.next([waited(1, 0)], source)
      const report = changes.next([waited(count, sum)], source)
      assert.deepEqual(report?.values, [[0, [count, sum, count, 0]]])
      assert.equal(changes.next([waited(count, sum)], source), undefined)
    })
  }
})

describe('ReportBuilder: series are known', () => {
  const same: readonly (readonly [title: string, first: Attributes, second: Attributes])[] = [
    ['in any order of their attributes', { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['by equal lists', { a: ['x', 'y'] }, { a: ['x', 'y'] }],
  ]
  for (const [title, first, second] of same) {
    test(title, () => {
      const changes = new ReportBuilder(10)
      changes.next([counted(orders, [first, 1])], source)
      assert.deepEqual(changes.next([counted(orders, [second, 2])], source)?.series, [])
    })
  }

  const different: readonly (readonly [title: string, first: Attributes, second: Attributes])[] = [
    ['a number and its text', { a: 1 }, { a: '1' }],
    ['true and its text', { a: true }, { a: 'true' }],
    ['names and values that run together', { a: 'b', c: 'd' }, { a: 'b","c":"d' }],
    ['lists in another order', { a: ['x', 'y'] }, { a: ['y', 'x'] }],
    ['no attribute and an empty one', {}, { a: '' }],
  ]
  for (const [title, first, second] of different) {
    test(`apart: ${title}`, () => {
      const changes = new ReportBuilder(10)
      changes.next([counted(orders, [first, 1])], source)
      const report = changes.next([counted(orders, [first, 1], [second, 1])], source)
      assert.equal(report?.series.length, 1)
    })
  }

  test('by metric: kind, name and scope', () => {
    const changes = new ReportBuilder(10)
    const others = [{ kind: 'gauge' as const }, { name: 'other' }, { scope: 'other' }]
    const metrics = [orders, ...others.map((other) => descriptor({ name: 'orders', ...other }))]
    const report = changes.next(
      metrics.map((metric) => counted(metric, [{}, 1])),
      source,
    )
    assert.equal(report?.metrics.length, 4)
    assert.equal(report.series.length, 4)
  })
})

test('ReportBuilder: resetBaseline() repeats the first report', () => {
  const changes = new ReportBuilder(10)
  const metrics = [counted(orders, [{ a: 1 }, 3]), waited(2)]
  const first = changes.next(metrics, source)
  changes.next([counted(orders, [{ a: 1 }, 4])], source)
  changes.resetBaseline()
  assert.deepEqual(changes.next(metrics, source), first)
})

test('ReportBuilder: a metric that is missing once is no change', () => {
  const changes = new ReportBuilder(10)
  changes.next([counted(orders, [{}, 1])], source)
  assert.equal(changes.next([], source), undefined)
  assert.equal(changes.next([counted(orders, [{}, 1])], source), undefined)
})

describe('ReportBuilder: above the limit of series', () => {
  test('new series are dropped and counted, and known series go on', () => {
    const changes = new ReportBuilder(3)
    changes.next([counted(orders, [{ a: 1 }, 1], [{ a: 2 }, 1])], source)
    const metrics = [counted(orders, ...[1, 2, 3, 4, 5].map((a): Entry => [{ a }, 2]))]
    const report = changes.next(metrics, source)
    assert.deepEqual(report?.series, [[2, 0, { a: 3 }]])
    assert.deepEqual(report.values, [
      [0, 2],
      [1, 2],
      [2, 2],
    ])
    assert.equal(changes.dropped, 2)
  })

  test('the limit is for all metrics together, and resetBaseline() frees it', () => {
    const changes = new ReportBuilder(1)
    changes.next([counted(orders, [{}, 1]), waited(1)], source)
    assert.equal(changes.dropped, 1)
    changes.resetBaseline()
    assert.deepEqual(changes.next([waited(1)], source)?.values, [[0, [1, 1, 1, 0]]])
  })
})

describe('ReportBuilder: an attribute value that the types of OpenTelemetry forbid', () => {
  const cases: readonly (readonly [title: string, value: unknown, told: unknown])[] = [
    ['an object', { b: { c: 1 } }, '{"b":{"c":1}}'],
    ['a list of objects', [{ b: 1 }], '[{"b":1}]'],
    ['a list of lists', [[1], []], '[[1],[]]'],
    ['null', null, null],
    ['a list with null', [null, 'a'], [null, 'a']],
  ]
  for (const [title, value, told] of cases) {
    test(`${title} crosses as text, or as it is where it is flat`, () => {
      const metric = counted(orders, [{ a: value } as Attributes, 1])
      assert.deepEqual(new ReportBuilder(10).next([metric], source)?.series, [[0, 0, { a: told }]])
    })
  }
})

type Entry = readonly [attributes: Attributes, value: number]

function counted(metric: Descriptor, ...points: readonly Entry[]): Metric {
  return {
    descriptor: metric,
    points: points.map(([attributes, value]) => ({ attributes, value })),
  }
}

function waited(count: number, sum = count): Metric {
  const value = { count, sum, counts: [count, 0] }
  return { descriptor: wait, points: [{ attributes: {}, value }] }
}

function descriptor(given: Partial<Descriptor> & { name: string }): Descriptor {
  return { kind: 'counter', unit: '', description: '', scope: 'app', ...given }
}
