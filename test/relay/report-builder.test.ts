import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Attributes, Descriptor, Metric } from '../../src/model/metric.ts'
import { ReportBuilder } from '../../src/relay/report-builder.ts'
import { shownReport, valuesOf } from '../support/relay/report-values.ts'

const source = { role: 'worker', forkNumber: 1, startSeconds: 1_700_000_000, pid: 4_711 } as const
const orders = descriptor({ name: 'orders' })
const wait = descriptor({ name: 'wait', kind: 'histogram', bounds: [1] })

describe('The first report of ReportBuilder', () => {
  test('contains the source and all values', () => {
    const builder = new ReportBuilder(10)
    const report = builder.next([counted(orders, [{ a: 1 }, 3], [{ a: 2 }, 0]), waited(2)], source)
    assert.deepEqual(shownReport(report), {
      version: 2,
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
        [2, { sum: 2, changed: { 0: 2 } }],
      ],
    })
  })

  test('contains the source alone if there is no metric', () => {
    const expected = { version: 2, sequence: 0, source, metrics: [], series: [], values: [] }
    assert.deepEqual(shownReport(new ReportBuilder(10).next([], source)), expected)
  })

  test('does not announce a metric without points', () => {
    const report = new ReportBuilder(10).next([counted(orders)], source)
    assert.deepEqual(report?.metrics, [])
  })
})

describe('What a source makes twice', () => {
  const twins: Record<string, readonly [Metric, Metric]> = {
    'a metric': [counted(orders, [{}, 1]), counted(orders, [{}, 10])],
    'a metric of whole and of other numbers': [
      counted(descriptor({ name: 'orders', valueType: 'int' }), [{}, 1]),
      counted(orders, [{}, 10]),
    ],
    'a metric under two schemas': [
      counted(descriptor({ name: 'orders', schemaUrl: 'a' }), [{}, 1]),
      counted(descriptor({ name: 'orders', schemaUrl: 'b' }), [{}, 10]),
    ],
  }
  for (const [title, metrics] of Object.entries(twins)) {
    test(`has two numbers: ${title}`, () => {
      const builder = new ReportBuilder(10)
      const report = builder.next(metrics, source)
      assert.deepEqual(report?.series, [
        [0, 0, {}],
        [1, 1, {}],
      ])
      assert.deepEqual(valuesOf(report), [
        [0, 1],
        [1, 10],
      ])
      assert.equal(builder.next(metrics, source), undefined)
    })
  }

  test('has two numbers: a series with attributes that JSON does not tell apart', () => {
    const builder = new ReportBuilder(10)
    for (let count = 0; count < 3; count += 1) {
      // An observable instrument has new objects each time.
      const metric = counted(orders, [{}, count], [{ a: undefined } as Attributes, 10 + count])
      assert.deepEqual(valuesOf(builder.next([metric], source)), [
        [0, count],
        [1, 10 + count],
      ])
    }
  })

  test('keeps its number while the first of both has no points', () => {
    const builder = new ReportBuilder(10)
    builder.next([counted(orders, [{}, 1]), counted(orders, [{}, 10])], source)
    const later = builder.next([counted(orders), counted(orders, [{}, 11])], source)
    assert.deepEqual(valuesOf(later), [[1, 11]])
  })
})

describe('Later reports of ReportBuilder', () => {
  test('contain the changes, by number', () => {
    const builder = new ReportBuilder(10)
    builder.next([counted(orders, [{ a: 1 }, 3], [{ a: 2 }, 5]), waited(2)], source)
    const report = builder.next([counted(orders, [{ a: 1 }, 3], [{ a: 2 }, 6]), waited(2)], source)
    assert.deepEqual(shownReport(report), {
      version: 2,
      sequence: 1,
      metrics: [],
      series: [],
      values: [[1, 6]],
    })
  })

  test('are empty without a change where an empty report is asked for', () => {
    const builder = new ReportBuilder(10)
    builder.next([waited(2)], source)
    assert.equal(builder.next([waited(2)], source), undefined)
    const empty = { version: 2, metrics: [], series: [], values: [] }
    const extras = { isSentEmpty: true }
    assert.deepEqual(shownReport(builder.next([waited(2)], source, extras)), {
      ...empty,
      sequence: 1,
    })
    assert.deepEqual(shownReport(builder.next([waited(2)], source, extras)), {
      ...empty,
      sequence: 2,
    })
  })

  test('contain an uncaught error, also without a change', () => {
    const builder = new ReportBuilder(10)
    builder.next([waited(2)], source)
    const error = { name: 'TypeError', message: 'x', stack: '' }
    assert.deepEqual(shownReport(builder.next([waited(2)], source, { error })), {
      version: 2,
      sequence: 1,
      metrics: [],
      series: [],
      values: [],
      error,
    })
    assert.equal(builder.next([waited(2)], source), undefined)
  })

  test('announce new metrics and series', () => {
    const builder = new ReportBuilder(10)
    builder.next([counted(orders, [{ a: 1 }, 3])], source)
    const report = builder.next([counted(orders, [{ a: 1 }, 3], [{ a: 2 }, 1]), waited(1)], source)
    assert.deepEqual(shownReport(report), {
      version: 2,
      sequence: 1,
      metrics: [[1, wait]],
      series: [
        [1, 0, { a: 2 }],
        [2, 1, {}],
      ],
      values: [
        [1, 1],
        [2, { sum: 1, changed: { 0: 1 } }],
      ],
    })
  })

  test('exist only after a change, and have adjacent sequences', () => {
    const builder = new ReportBuilder(10)
    const metrics = [counted(orders, [{}, 1])]
    builder.next(metrics, source)
    assert.equal(builder.next(metrics, source), undefined)
    assert.equal(builder.next([], source), undefined)
    assert.equal(builder.next([counted(orders, [{}, 2])], source)?.sequence, 1)
  })

  const same: Record<string, readonly [first: number, second: number]> = {
    'an equal number': [0.1 + 0.2, 0.30000000000000004],
    NaN: [Number.NaN, Number.NaN],
    Infinity: [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    '-0': [-0, -0],
  }
  for (const [title, [first, second]] of Object.entries(same)) {
    test(`do not repeat ${title}`, () => {
      const builder = new ReportBuilder(10)
      builder.next([counted(orders, [{}, first])], source)
      assert.equal(builder.next([counted(orders, [{}, second])], source), undefined)
    })
  }

  const different: Record<string, readonly [first: number, second: number, encoded: unknown]> = {
    'a counter that fell': [5, 3, 3],
    '0 after -0': [-0, 0, 0],
    '-0 after 0': [0, -0, -0],
    'NaN after a number': [1, Number.NaN, Number.NaN],
    'a number after NaN': [Number.NaN, 1, 1],
  }
  for (const [title, [first, second, encoded]] of Object.entries(different)) {
    test(`contain ${title}`, () => {
      const builder = new ReportBuilder(10)
      builder.next([counted(orders, [{}, first])], source)
      const report = builder.next([counted(orders, [{}, second])], source)
      assert.deepEqual(valuesOf(report), [[0, encoded]])
    })
  }

  const histograms: Record<string, readonly [count: number, sum: number, changed: object]> = {
    'with zeros as its only new values': [2, 0, { 0: 2 }],
    'that started again and has the same count': [1, 5, {}],
  }
  for (const [title, [count, sum, changed]] of Object.entries(histograms)) {
    test(`contain a histogram ${title}, once`, () => {
      const builder = new ReportBuilder(10)
      builder.next([waited(1, 0)], source)
      const report = builder.next([waited(count, sum)], source)
      assert.deepEqual(valuesOf(report), [[0, { sum, changed }]])
      assert.equal(builder.next([waited(count, sum)], source), undefined)
    })
  }
})

describe('ReportBuilder', () => {
  const same: readonly (readonly [title: string, first: Attributes, second: Attributes])[] = [
    ['with attributes in another order', { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['with equal lists', { a: ['x', 'y'] }, { a: ['x', 'y'] }],
  ]
  for (const [title, first, second] of same) {
    test(`recognises a series ${title}`, () => {
      const builder = new ReportBuilder(10)
      builder.next([counted(orders, [first, 1])], source)
      assert.deepEqual(builder.next([counted(orders, [second, 2])], source)?.series, [])
    })
  }

  const different: readonly (readonly [title: string, first: Attributes, second: Attributes])[] = [
    ['a number and its text', { a: 1 }, { a: '1' }],
    ['true and its text', { a: true }, { a: 'true' }],
    ['a value that contains a name', { a: 'b', c: 'd' }, { a: 'b","c":"d' }],
    ['lists in another order', { a: ['x', 'y'] }, { a: ['y', 'x'] }],
    ['no attribute and an empty attribute', {}, { a: '' }],
  ]
  for (const [title, first, second] of different) {
    test(`distinguishes series with ${title}`, () => {
      const builder = new ReportBuilder(10)
      builder.next([counted(orders, [first, 1])], source)
      const report = builder.next([counted(orders, [first, 1], [second, 1])], source)
      assert.equal(report?.series.length, 1)
    })
  }

  test('distinguishes metrics by kind, name, scope and unit', () => {
    const builder = new ReportBuilder(10)
    const others = [
      { kind: 'gauge' as const },
      { name: 'other' },
      { scope: 'other' },
      { unit: 'other' },
    ]
    const metrics = [orders, ...others.map((other) => descriptor({ name: 'orders', ...other }))]
    const report = builder.next(
      metrics.map((metric) => counted(metric, [{}, 1])),
      source,
    )
    assert.equal(report?.metrics.length, 5)
    assert.equal(report.series.length, 5)
  })
})

test('ReportBuilder repeats the first report after resetBaseline()', () => {
  const builder = new ReportBuilder(10)
  const metrics = [counted(orders, [{ a: 1 }, 3]), waited(2)]
  const first = builder.next(metrics, source)
  builder.next([counted(orders, [{ a: 1 }, 4])], source)
  builder.resetBaseline()
  assert.deepEqual(builder.next(metrics, source), first)
})

test('ReportBuilder ignores a metric that is missing once', () => {
  const builder = new ReportBuilder(10)
  builder.next([counted(orders, [{}, 1])], source)
  assert.equal(builder.next([], source), undefined)
  assert.equal(builder.next([counted(orders, [{}, 1])], source), undefined)
})

describe('ReportBuilder with the same metric object again', () => {
  const first = counted(orders, [{ a: 1 }, 1])
  const second = counted(orders, [{ a: 1 }, 5])

  test('takes the metric for unchanged, beside a changed metric with an equal descriptor', () => {
    const builder = new ReportBuilder(10)
    builder.next([first, second], source)
    const changed = counted(orders, [{ a: 1 }, 2])
    assert.deepEqual(valuesOf(builder.next([changed, second], source)), [[0, 2]])
    assert.deepEqual(valuesOf(builder.next([first, counted(orders, [{ a: 1 }, 6])], source)), [
      [1, 6],
    ])
  })

  test('gives a new metric before it a number of its own', () => {
    const builder = new ReportBuilder(10)
    builder.next([first], source)
    const report = builder.next([counted(orders, [{ a: 1 }, 7]), first], source)
    assert.deepEqual(valuesOf(report), [[1, 7]])
  })

  test('reports the metric after resetBaseline()', () => {
    const builder = new ReportBuilder(10)
    builder.next([first], source)
    builder.resetBaseline()
    assert.deepEqual(valuesOf(builder.next([first], source)), [[0, 1]])
  })

  test('counts its series over the limit each time', () => {
    const builder = new ReportBuilder(1)
    const metrics = [counted(orders, [{ a: 1 }, 1], [{ a: 2 }, 1])]
    builder.next(metrics, source)
    builder.next(metrics, source)
    assert.equal(builder.dropped, 2)
  })
})

describe('ReportBuilder above the limit of series', () => {
  test('drops and counts new series, and reports known series', () => {
    const builder = new ReportBuilder(3)
    builder.next([counted(orders, [{ a: 1 }, 1], [{ a: 2 }, 1])], source)
    const metrics = [counted(orders, ...[1, 2, 3, 4, 5].map((a): Entry => [{ a }, 2]))]
    const report = builder.next(metrics, source)
    assert.deepEqual(report?.series, [[2, 0, { a: 3 }]])
    assert.deepEqual(valuesOf(report), [
      [0, 2],
      [1, 2],
      [2, 2],
    ])
    assert.equal(builder.dropped, 2)
  })

  test('counts the series of all metrics since resetBaseline()', () => {
    const builder = new ReportBuilder(1)
    builder.next([counted(orders, [{}, 1]), waited(1)], source)
    assert.equal(builder.dropped, 1)
    builder.resetBaseline()
    assert.deepEqual(valuesOf(builder.next([waited(1)], source)), [
      [0, { sum: 1, changed: { 0: 1 } }],
    ])
  })
})

describe('ReportBuilder with an attribute value that the types of OpenTelemetry forbid', () => {
  const cases: readonly (readonly [title: string, value: unknown, encoded: unknown])[] = [
    ['an object', { b: { c: 1 } }, '{"b":{"c":1}}'],
    ['a list of objects', [{ b: 1 }], '[{"b":1}]'],
    ['a list of lists', [[1], []], '[[1],[]]'],
    ['a list with an object', ['a', { b: 1 }], '["a",{"b":1}]'],
    ['null', null, null],
    ['a list with null', [null, 'a'], [null, 'a']],
  ]
  for (const [title, value, encoded] of cases) {
    test(`reports ${title} as ${JSON.stringify(encoded)}`, () => {
      const metric = counted(orders, [{ a: value } as Attributes, 1])
      assert.deepEqual(new ReportBuilder(10).next([metric], source)?.series, [
        [0, 0, { a: encoded }],
      ])
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
