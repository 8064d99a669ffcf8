import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stateLimits } from '../../src/limits/state.ts'
import { attributeKey } from '../../src/model/attribute-key.ts'
import { MergeRules } from '../../src/model/merging/merge-rules.ts'
import {
  type Attributes,
  type Descriptor,
  isMonotonic,
  type Metric,
  type MetricKind,
  type Point,
  type Value,
} from '../../src/model/metric.ts'
import { ownScope } from '../../src/model/own-scope.ts'
import { encodeReport, type Report } from '../../src/relay/report.ts'
import { Aggregator, type AggregatorOptions } from '../../src/state/aggregator.ts'
import { apartRules, usualRules } from '../support/merging.ts'
import { Random } from '../support/random.ts'
import { bytesOf } from '../support/relay/report-values.ts'
import { ReportingSource } from '../support/reporting-source.ts'

const counter = descriptor('orders', 'counter')
const upDown = descriptor('open', 'upDownCounter')
const gauge = descriptor('depth', 'gauge')
const histogram: Descriptor = { ...descriptor('wait', 'histogram'), bounds: [1, 5] }
const requests: Descriptor = {
  ...descriptor('gunicorn_worker_requests_total', 'counter'),
  scope: ownScope,
}
const faults: Descriptor = {
  ...descriptor('gunicorn_exporter_faults_total', 'counter'),
  scope: ownScope,
}

describe('two workers', () => {
  const both = (options?: Partial<AggregatorOptions>): Aggregator => {
    const aggregator = newAggregator(options)
    for (const forkNumber of [1, 2]) accept(aggregator, everything(forkNumber))
    return aggregator
  }

  test('add up counts of the application, and keep their own gauges', () => {
    assert.deepEqual(page(both()), {
      'orders {"a":"x"}': 3,
      'open {}': 30,
      'wait {}': { count: 3, sum: 6, counts: [1, 2, 0] },
      'depth {"worker_id":"worker_1"}': 100,
      'depth {"worker_id":"worker_2"}': 200,
      'gunicorn_worker_requests_total {"worker_id":"worker_1"}': 7,
      'gunicorn_worker_requests_total {"worker_id":"worker_2"}': 14,
      'gunicorn_exporter_faults_total {"component":"p"}': 2,
    })
  })

  test('keep all series apart with worker_id kept', () => {
    const apart = page(both({ rules: apartRules }))
    assert.equal(apart['orders {"a":"x","worker_id":"worker_1"}'], 1)
    assert.equal(apart['orders {"a":"x","worker_id":"worker_2"}'], 2)
    assert.equal(apart['open {"worker_id":"worker_2"}'], 20)
    assert.equal(Object.keys(apart).length, 12)
  })

  test('never add up gauges with a worker_id of the application', () => {
    const aggregator = newAggregator()
    for (const forkNumber of [1, 2]) {
      accept(
        aggregator,
        new ReportingSource(forkNumber).set(gauge, { worker_id: 'mine' }, forkNumber),
      )
    }
    assert.deepEqual(Object.values(page(aggregator)).sort(), [1, 2])
  })

  test('do not change the last digit of a sum when they end', () => {
    const aggregator = newAggregator()
    const parts = [0.1, 0.2, 0.3]
    for (const [index, part] of parts.entries()) {
      const value = { count: 1, sum: part, counts: [1, 0, 0] }
      const source = new ReportingSource(index + 1).set(counter, {}, part).set(histogram, {}, value)
      accept(aggregator, source)
    }
    const before = page(aggregator)
    // The sum of fractions depends on their order.
    assert.notEqual(0.2 + 0.3 + 0.1, before['orders {}'])
    for (const forkNumber of [2, 3]) {
      aggregator.retire(forkNumber, true)
      assert.deepEqual(page(aggregator), before)
    }
  })

  test('share a series with attributes in another order', () => {
    const aggregator = newAggregator()
    accept(aggregator, new ReportingSource(1).set(counter, { a: 1, b: 2 }, 1))
    accept(aggregator, new ReportingSource(2).set(counter, { b: 2, a: 1 }, 2))
    assert.deepEqual(page(aggregator), { 'orders {"a":1,"b":2}': 3 })
    assert.equal(aggregator.seriesCount, 1)
  })

  test('lose an application metric that has the name of a metric of ours', () => {
    const names: string[] = []
    const aggregator = newAggregator({ onReservedName: (name) => names.push(name) })
    const alike = { ...requests, name: 'gunicorn_worker_requests', scope: 'app' }
    for (const forkNumber of [1, 2]) {
      const source = new ReportingSource(forkNumber).set(requests, {}, forkNumber)
      accept(aggregator, source.set(alike, {}, 1_000))
    }
    assert.deepEqual(Object.values(page(aggregator)), [1, 2])
    assert.equal(aggregator.dropped.get('reserved_name'), 2)
    assert.deepEqual(names, [alike.name, alike.name])
  })

  test('have the ids of the primary on our own metrics, renamed ones included', () => {
    const aggregator = newAggregator()
    const renamed = { ...requests, name: 'app_requests' }
    for (const forkNumber of [1, 2]) {
      const worker_id = `worker_${forkNumber}_1700000000`
      const source = new ReportingSource(forkNumber)
        .set(requests, { worker_id }, forkNumber)
        .set(renamed, { worker_id }, forkNumber)
        .set(faults, { component: 'p' }, forkNumber)
      accept(aggregator, source)
    }
    assert.deepEqual(page(aggregator), {
      'gunicorn_worker_requests_total {"worker_id":"worker_1"}': 1,
      'gunicorn_worker_requests_total {"worker_id":"worker_2"}': 2,
      'app_requests {"worker_id":"worker_1"}': 1,
      'app_requests {"worker_id":"worker_2"}': 2,
      'gunicorn_exporter_faults_total {"component":"p"}': 3,
    })
    aggregator.retire(1, true)
    aggregator.forget(1)
    assert.equal(page(aggregator)['app_requests {"worker_id":"worker_1"}'], undefined)
    assert.equal(page(aggregator)['gunicorn_exporter_faults_total {"component":"p"}'], 3)
  })

  test('keep metrics of one name in two scopes apart', () => {
    const aggregator = newAggregator()
    const elsewhere = { ...counter, scope: 'elsewhere' }
    accept(aggregator, new ReportingSource(1).set(counter, {}, 1).set(elsewhere, {}, 5))
    assert.deepEqual(
      aggregator.metrics().map(({ descriptor: { scope }, points }) => [scope, points[0]?.value]),
      [
        ['app', 1],
        ['elsewhere', 5],
      ],
    )
  })
})

describe('a worker that ends', () => {
  const cases: Record<string, { settled: boolean; open: number | undefined }> = {
    cleanly: { settled: true, open: 30 },
    'by a crash': { settled: false, open: 20 },
  }
  for (const [title, { settled, open }] of Object.entries(cases)) {
    test(`${title} leaves ${settled ? 'all its counts' : 'its monotonic counts'}`, () => {
      const aggregator = newAggregator()
      for (const forkNumber of [1, 2]) accept(aggregator, everything(forkNumber))
      aggregator.retire(1, settled)
      const expected = {
        'orders {"a":"x"}': 3,
        'open {}': open,
        'wait {}': { count: 3, sum: 6, counts: [1, 2, 0] },
        'depth {"worker_id":"worker_2"}': 200,
        'gunicorn_worker_requests_total {"worker_id":"worker_1"}': 7,
        'gunicorn_worker_requests_total {"worker_id":"worker_2"}': 14,
        'gunicorn_exporter_faults_total {"component":"p"}': 2,
      }
      assert.deepEqual(page(aggregator), expected)
      assert.equal(aggregator.seriesCount, 7)
      aggregator.forget(1)
      const { 'gunicorn_worker_requests_total {"worker_id":"worker_1"}': _requests, ...left } =
        expected
      assert.deepEqual(page(aggregator), left)
      assert.equal(aggregator.seriesCount, 6)
    })
  }

  test('by a crash leaves no series of an up-down counter', () => {
    const aggregator = newAggregator()
    accept(aggregator, new ReportingSource(1).set(upDown, {}, 5))
    aggregator.retire(1, false)
    assert.deepEqual(page(aggregator), {})
    assert.equal(aggregator.seriesCount, 0)
  })

  test('and is forgotten does not remove the series of a later worker', () => {
    const aggregator = newAggregator()
    accept(aggregator, new ReportingSource(1).set(upDown, {}, 5))
    aggregator.retire(1, false)
    accept(aggregator, new ReportingSource(2).set(upDown, {}, 3))
    aggregator.forget(1)
    assert.deepEqual(page(aggregator), { 'open {}': 3 })
    assert.equal(aggregator.seriesCount, 1)
  })

  test('in a slot and is forgotten does not remove the series of its replacement', () => {
    const aggregator = newAggregator({ reusesIds: true, workerIdOf: () => 'worker_1' })
    accept(aggregator, new ReportingSource(1).set(gauge, {}, 5))
    aggregator.retire(1, true)
    accept(aggregator, new ReportingSource(2).set(gauge, {}, 3))
    aggregator.forget(1)
    assert.deepEqual(page(aggregator), { 'depth {"worker_id":"worker_1"}': 3 })
    assert.equal(aggregator.seriesCount, 1)
  })

  test('in a slot leaves its counters and no gauges', () => {
    const aggregator = newAggregator({ reusesIds: true, workerIdOf: () => 'worker_1' })
    accept(aggregator, everything(1))
    aggregator.retire(1, false)
    assert.equal(page(aggregator)['gunicorn_worker_requests_total {"worker_id":"worker_1"}'], 7)
    assert.equal(page(aggregator)['depth {"worker_id":"worker_1"}'], undefined)
    accept(aggregator, everything(2))
    assert.equal(page(aggregator)['gunicorn_worker_requests_total {"worker_id":"worker_1"}'], 21)
    aggregator.forget(1)
    assert.equal(page(aggregator)['gunicorn_worker_requests_total {"worker_id":"worker_1"}'], 21)
    assert.equal(page(aggregator)['depth {"worker_id":"worker_1"}'], 200)
  })

  test('without a report changes nothing', () => {
    const aggregator = newAggregator()
    accept(aggregator, everything(1))
    const before = page(aggregator)
    aggregator.retire(9, true)
    aggregator.forget(9)
    assert.deepEqual(page(aggregator), before)
  })

  test('counts once, although it reports afterwards', () => {
    const aggregator = newAggregator()
    const source = new ReportingSource(1).set(counter, {}, 5)
    accept(aggregator, source)
    aggregator.retire(1, true)
    aggregator.report(1, source.set(counter, {}, 6).report())
    aggregator.report(1, source.resetBaseline().report())
    aggregator.retire(1, true)
    const total = page(aggregator)['orders {}']
    assert.ok(total === 5 || total === 6, `counted ${String(total)} of 6`)
  })

  test('refuses a crash file afterwards', () => {
    const aggregator = newAggregator()
    accept(aggregator, new ReportingSource(1).set(counter, {}, 5))
    const identity = aggregator.identityOf(1) ?? assert.fail('no source')
    const counts = [{ descriptor: counter, points: [{ attributes: {}, value: 7 }] }]
    assert.equal(aggregator.raise(1, identity, counts), true)
    aggregator.retire(1, false)
    assert.equal(aggregator.raise(1, identity, counts), false)
    assert.equal(page(aggregator)['orders {}'], 7)
  })
})

test('A folded series has each share of a source once, also after a crash file', () => {
  const aggregator = newAggregator({ maxClientSeries: 1 })
  const descriptor = { ...counter, name: 'http.server.request.duration', scope: ownScope }
  const routes = ['/a X', '/b X', '/b Y'].map((text) => {
    const [route = '', error = ''] = text.split(' ')
    return { 'http.route': route, 'error.type': error }
  })
  const source = new ReportingSource(1)
  for (const [index, attributes] of routes.entries()) source.set(descriptor, attributes, index + 1)
  accept(aggregator, source)
  const identity = aggregator.identityOf(1) ?? assert.fail('no source')
  const points = routes.map((attributes, index) => ({ attributes, value: 10 * (index + 1) }))
  aggregator.raise(1, identity, [{ descriptor, points }])
  const values = (): number[] => Object.values(page(aggregator)).map(Number)
  assert.deepEqual(values(), [10, 50])
  aggregator.retire(1, false)
  assert.deepEqual(values(), [10, 50])
})

describe('the last value of a worker’s own metric', () => {
  test('is the value of this worker and our metric, until the worker retires in a slot', () => {
    const aggregator = newAggregator({ reusesIds: true })
    const named = { ...requests, scope: 'app' }
    for (const forkNumber of [1, 2]) {
      const source = new ReportingSource(forkNumber)
        .set(named, {}, 99)
        .set(requests, {}, forkNumber)
      accept(aggregator, source)
    }
    assert.equal(aggregator.valueOf(1, requests.name), 1)
    assert.equal(aggregator.valueOf(2, requests.name), 2)
    accept(aggregator, new ReportingSource(2).set(requests, {}, 7))
    assert.equal(aggregator.valueOf(2, requests.name), 7)
    aggregator.retire(2, true)
    assert.equal(aggregator.valueOf(2, requests.name), undefined)
    assert.equal(aggregator.valueOf(1, requests.name), 1)
  })

  test('is undefined for an unknown worker, an unreported metric and a histogram', () => {
    const aggregator = newAggregator()
    const own = { ...histogram, scope: ownScope }
    accept(aggregator, new ReportingSource(1).set(own, {}, { count: 1, sum: 2, counts: [0, 1, 0] }))
    assert.equal(aggregator.valueOf(2, requests.name), undefined)
    assert.equal(aggregator.valueOf(1, requests.name), undefined)
    assert.equal(aggregator.valueOf(1, own.name), undefined)
  })
})

describe('a report', () => {
  test('that cannot be parsed is refused', () => {
    assert.equal(newAggregator().report(1, 'nonsense'), 'refused')
    assert.equal(newAggregator().report(1, undefined), 'refused')
  })

  test('of a source that has not identified itself is out of sequence', () => {
    const source = everything(1)
    source.report()
    const aggregator = newAggregator()
    assert.equal(aggregator.report(1, source.set(counter, {}, 2).report()), 'out_of_sequence')
    assert.deepEqual(page(aggregator), {})
    assert.equal(aggregator.identityOf(1), undefined)
  })

  test('after a lost report is out of sequence until the source starts over', () => {
    const aggregator = newAggregator()
    const source = new ReportingSource(1).set(counter, {}, 1)
    accept(aggregator, source)
    source.set(counter, {}, 2).report()
    assert.equal(aggregator.report(1, source.set(counter, {}, 3).report()), 'out_of_sequence')
    assert.deepEqual(page(aggregator), { 'orders {}': 1 })
    accept(aggregator, source.resetBaseline())
    assert.deepEqual(page(aggregator), { 'orders {}': 3 })
    accept(aggregator, source.set(counter, {}, 4))
    assert.deepEqual(page(aggregator), { 'orders {}': 4 })
  })

  test('that arrives twice is out of sequence', () => {
    const aggregator = newAggregator()
    const source = new ReportingSource(1).set(counter, {}, 1)
    accept(aggregator, source)
    const text = source.set(counter, {}, 2).report()
    assert.equal(aggregator.report(1, text), 'accepted')
    assert.equal(aggregator.report(1, text), 'out_of_sequence')
    assert.deepEqual(page(aggregator), { 'orders {}': 2 })
  })

  test('of a source that starts over replaces all series of the source', () => {
    const aggregator = newAggregator()
    const source = everything(1)
    accept(aggregator, source)
    const before = page(aggregator)
    const count = aggregator.seriesCount
    accept(aggregator, source.resetBaseline())
    assert.deepEqual(page(aggregator), before)
    assert.equal(aggregator.seriesCount, count)
  })

  test('of a source that starts over removes series that the report does not contain', () => {
    const aggregator = newAggregator()
    accept(aggregator, everything(1))
    accept(aggregator, new ReportingSource(1).set(counter, { a: 'x' }, 1))
    assert.deepEqual(page(aggregator), { 'orders {"a":"x"}': 1 })
    assert.equal(aggregator.seriesCount, 1)
  })

  test('with numbers that were never announced has no effect for these numbers', () => {
    const aggregator = newAggregator()
    const report: Report = {
      version: 2,
      sequence: 0,
      source: new ReportingSource(1).source,
      metrics: [[0, counter]],
      series: [
        [0, 0, {}],
        [1, 77, { a: 1 }],
      ],
      values: bytesOf([0, 1], [1, 1], [99, 5]),
    }
    assert.equal(aggregator.report(1, encodeReport(report)), 'accepted')
    assert.deepEqual(page(aggregator), { 'orders {}': 1 })
  })

  test('of another process with a worker’s number is refused', () => {
    const aggregator = newAggregator()
    accept(aggregator, everything(1))
    const before = page(aggregator)
    const stale = new ReportingSource(1, { pid: 99 }).set(counter, { a: 'x' }, 1_000_000)
    assert.equal(aggregator.report(1, stale.report()), 'refused')
    // The same pid in another container.
    const elsewhere = new ReportingSource(1, { startSeconds: 1_700_000_000 })
    assert.equal(
      aggregator.report(1, elsewhere.set(counter, { a: 'x' }, 1_000_000).report()),
      'refused',
    )
    assert.deepEqual(page(aggregator), before)
  })

  test('under the number of another worker is refused', () => {
    const aggregator = newAggregator()
    accept(aggregator, everything(1))
    const before = page(aggregator)
    assert.equal(aggregator.report(2, everything(1).report()), 'refused')
    assert.equal(aggregator.report(1, everything(2).report()), 'refused')
    assert.deepEqual(page(aggregator), before)
  })

  const ones = { count: 2, sum: 1, counts: [1, 1] }
  const wrong: Record<string, readonly [Descriptor, Value]> = {
    'a counter with a histogram’s value': [counter, ones],
    'a gauge with a histogram’s value': [gauge, ones],
    'a histogram with a number': [histogram, 5],
    'a histogram with too many buckets': [histogram, { count: 1, sum: 1, counts: [0, 0, 0, 1] }],
    'a histogram whose counts do not add up': [histogram, { ...ones, count: 3 }],
    'a counter below zero': [counter, -1],
    'a counter that is no number': [counter, Number.NaN],
  }
  for (const [title, [metric, value]] of Object.entries(wrong)) {
    test(`with ${title} gives the series no value`, () => {
      const aggregator = newAggregator()
      const report: Report = {
        version: 2,
        sequence: 0,
        source: new ReportingSource(1).source,
        metrics: [[0, metric]],
        series: [[0, 0, {}]],
        values: bytesOf([0, value]),
      }
      assert.equal(aggregator.report(1, encodeReport(report)), 'accepted')
      assert.deepEqual(page(aggregator), {})
      assert.deepEqual([...aggregator.dropped], [['invalid_value', 1]])
    })
  }

  test('that announces a number twice removes the first series', () => {
    const aggregator = newAggregator()
    const report: Report = {
      version: 2,
      sequence: 0,
      source: new ReportingSource(1).source,
      metrics: [[0, counter]],
      series: [
        [0, 0, { a: 1 }],
        [0, 0, { a: 2 }],
      ],
      values: bytesOf([0, 5]),
    }
    assert.equal(aggregator.report(1, encodeReport(report)), 'accepted')
    assert.deepEqual(page(aggregator), { 'orders {"a":2}': 5 })
    assert.equal(aggregator.seriesCount, 1)
  })

  test('with two gauges that differ in unit only shows the later gauge', () => {
    const aggregator = newAggregator()
    const fahrenheit = { ...gauge, unit: 'F' }
    accept(aggregator, new ReportingSource(1).set(gauge, {}, 20).set(fahrenheit, {}, 68))
    assert.deepEqual(page(aggregator), { 'depth {"worker_id":"worker_1"}': 68 })
  })
})

describe('a descriptor with', () => {
  const cases: Record<string, Descriptor> = {
    'another kind': { ...counter, kind: 'gauge' },
    'other bounds': { ...histogram, bounds: [1, 6] },
    'fewer bounds': { ...histogram, bounds: [1] },
  }
  for (const [title, other] of Object.entries(cases)) {
    test(`${title} conflicts: the first stays, the second is left out and counted`, () => {
      const aggregator = newAggregator()
      const first = other.kind === 'histogram' ? histogram : counter
      accept(aggregator, new ReportingSource(1).set(first, {}, valueFor(first, 1)))
      const before = page(aggregator)
      const source = new ReportingSource(2).set(other, {}, valueFor(other, 5)).set(upDown, {}, 9)
      accept(aggregator, source)
      assert.deepEqual(page(aggregator), { ...before, 'open {}': 9 })
      assert.deepEqual([...aggregator.dropped], [['conflicting_descriptor', 1]])
      accept(aggregator, source.set(other, {}, valueFor(other, 6)))
      assert.deepEqual(page(aggregator), { ...before, 'open {}': 9 })
    })
  }

  test('another help, schema or type of number does not conflict, and the values add up', () => {
    const aggregator = newAggregator()
    const whole = { ...counter, valueType: 'int', schemaUrl: 'https://a.test/1' } as const
    accept(aggregator, new ReportingSource(1).set(whole, {}, 1))
    accept(aggregator, new ReportingSource(2).set({ ...counter, description: 'x' }, {}, 2))
    assert.deepEqual(page(aggregator), { 'orders {}': 3 })
    assert.deepEqual([...aggregator.dropped], [])
    const { descriptor: shown } = aggregator.metrics()[0] ?? assert.fail('no metric')
    assert.deepEqual([shown.schemaUrl, shown.valueType], ['https://a.test/1', undefined])
  })

  test('another unit is another metric', () => {
    const aggregator = newAggregator()
    accept(aggregator, new ReportingSource(1).set({ ...counter, unit: 's' }, {}, 1))
    accept(aggregator, new ReportingSource(2).set({ ...counter, unit: 'ms' }, {}, 2))
    const values = aggregator.metrics().map(({ descriptor: { unit }, points }) => {
      return [unit, points.map(({ value }) => value)]
    })
    assert.deepEqual(values, [
      ['s', [1]],
      ['ms', [2]],
    ])
  })

  test('a gauge that one worker makes twice is counted as left out', () => {
    const aggregator = newAggregator()
    const whole = { ...gauge, valueType: 'int' } as const
    accept(aggregator, new ReportingSource(1).set(gauge, {}, 1).set(whole, {}, 2))
    assert.deepEqual(Object.values(page(aggregator)), [2])
    assert.deepEqual([...aggregator.dropped], [['repeated_gauge', 1]])
  })

  test('a metric with the rule omit is left out and counted', () => {
    const mergeRules = [{ pattern: 'orders', rule: 'omit' }] as const
    const aggregator = newAggregator({ rules: new MergeRules({ mergeRules, keepWorkerId: false }) })
    accept(aggregator, new ReportingSource(1).set(counter, {}, 1).set(gauge, {}, 1))
    assert.deepEqual(Object.keys(page(aggregator)).length, 1)
    assert.deepEqual([...aggregator.dropped], [['omitted', 1]])
  })
})

describe('the aggregator', () => {
  test('leaves out and counts new series over the limit, and updates known series', () => {
    const aggregator = newAggregator({ maxSeries: 40 })
    const perSource = 10
    accept(aggregator, measuring(1, perSource - 1).set(counter, {}, 1))
    for (const forkNumber of [2, 3, 4]) accept(aggregator, measuring(forkNumber, perSource))
    assert.equal(aggregator.seriesCount, 40)
    const late = new ReportingSource(5).set(gauge, { index: 1 }, 5).set(gauge, { index: 2 }, 6)
    accept(aggregator, late.set(counter, {}, 2))
    assert.equal(aggregator.seriesCount, 40)
    assert.equal(page(aggregator)['orders {}'], 3)
    assert.deepEqual([...aggregator.dropped], [['series_limit', 2]])
    aggregator.retire(2, true)
    aggregator.forget(2)
    assert.equal(aggregator.seriesCount, 40 - perSource)
    accept(aggregator, late.resetBaseline())
    assert.equal(aggregator.seriesCount, 40 - perSource + 2)
  })

  function measuring(forkNumber: number, count: number): ReportingSource {
    const source = new ReportingSource(forkNumber)
    for (let index = 0; index < count; index += 1) source.set(gauge, { index }, index)
    return source
  }
})

test('aggregator returns the same attributes object at each reading, as a cache key', () => {
  const aggregator = newAggregator()
  accept(aggregator, everything(1))
  const attributesOf = (): Attributes[] =>
    aggregator.metrics().flatMap(({ points }) => points.map(({ attributes }) => attributes))
  for (const [index, attributes] of attributesOf().entries()) {
    assert.equal(attributes, attributesOf()[index])
  }
})

describe('totals equal those of a simple model with', () => {
  for (const mergesNothing of [false, true]) {
    for (const reusesIds of [false, true]) {
      const ids = reusesIds ? 'reused' : 'unique'
      test(`worker_id ${mergesNothing ? 'kept' : 'merged away'}, ids ${ids}`, () => {
        for (let seed = 1; seed <= 5; seed += 1) {
          new Model(seed, { rules: mergesNothing ? apartRules : usualRules, reusesIds }).run(80)
        }
      })
    }
  }
})

interface ModelWorker {
  readonly forkNumber: number
  readonly id: string
  readonly source: ReportingSource
  /** Measured values. `arrived` has the values in accepted reports. */
  readonly truth: Map<string, number>
  arrived: Map<string, number> | undefined
  /** Whether a report was lost. */
  gap: boolean
  ended: boolean
}

type Mode = Pick<AggregatorOptions, 'rules' | 'reusesIds'>

/**
 * Workers that measure, report, lose reports, end and are replaced at random. The model computes
 * the expected page from the arrived numbers of all workers.
 */
class Model {
  readonly #random: Random
  readonly #mode: Mode
  readonly #seed: number
  readonly #aggregator: Aggregator
  readonly #workers: ModelWorker[] = []
  /** Values of ended workers, by series. */
  readonly #left = new Map<string, number>()
  #before: Record<string, unknown> = {}
  #forks = 0

  constructor(seed: number, mode: Mode) {
    this.#random = new Random(seed)
    this.#seed = seed
    this.#mode = mode
    const idOf = (forkNumber: number): string =>
      this.#workers.find((each) => each.forkNumber === forkNumber)?.id ?? '?'
    this.#aggregator = newAggregator({ ...mode, workerIdOf: ({ forkNumber }) => idOf(forkNumber) })
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step += 1) {
      const act = this.#step()
      const now = page(this.#aggregator)
      const place = `seed ${this.#seed}, step ${step}: ${act}`
      assert.deepEqual(now, this.#expected(), place)
      assert.equal(this.#aggregator.seriesCount, Object.keys(now).length, place)
      if (act !== 'expire') this.#neverDown(now, place)
      this.#before = now
    }
  }

  #step(): string {
    const random = this.#random
    const live = this.#workers.filter(({ ended }) => !ended)
    const dead = this.#workers.filter(({ ended }) => ended)
    if (live.length === 0 || (live.length < 4 && random.chance(0.1))) return this.#fork(live)
    const worker = random.pick(live)
    if (random.chance(0.08)) return this.#die(worker)
    if (dead.length > 0 && random.chance(0.08)) return this.#expire(random.pick(dead))
    this.#measure(worker)
    return this.#report(worker, random.chance(0.2))
  }

  #fork(live: readonly ModelWorker[]): string {
    this.#forks += 1
    const forkNumber = this.#forks
    const taken = new Set(live.map(({ id }) => id))
    const slot = [1, 2, 3, 4, 5].find((number) => !taken.has(`worker_${number}`))
    const id = `worker_${this.#mode.reusesIds ? slot : forkNumber}`
    const source = new ReportingSource(forkNumber)
    const truth = new Map<string, number>()
    this.#workers.push({
      forkNumber: forkNumber,
      id,
      source,
      truth,
      arrived: undefined,
      gap: false,
      ended: false,
    })
    return `fork ${forkNumber}`
  }

  #measure({ source, truth }: ModelWorker): void {
    const random = this.#random
    const times = 1 + random.below(4)
    for (let time = 0; time < times; time += 1) {
      const metric = random.pick([counter, upDown, gauge, histogram, requests, faults])
      const attributes = random.pick([{}, { a: 'x' }, { a: 'y' }])
      const key = keyOf(metric, attributes)
      const grows = metric.kind === 'counter' || metric.kind === 'histogram'
      const value = (truth.get(key) ?? 0) + (grows ? random.below(5) : random.below(9) - 4)
      truth.set(key, value)
      source.set(metric, attributes, valueFor(metric, value))
    }
  }

  #report(worker: ModelWorker, loses: boolean): string {
    const text = worker.source.report()
    if (text === undefined) return 'nothing to report'
    if (loses) {
      worker.gap = true
      return `lost report of ${worker.forkNumber}`
    }
    const outcome = this.#aggregator.report(worker.forkNumber, text)
    assert.equal(outcome, worker.gap ? 'out_of_sequence' : 'accepted')
    if (worker.gap) {
      assert.equal(
        this.#aggregator.report(worker.forkNumber, worker.source.resetBaseline().report()),
        'accepted',
      )
    }
    worker.gap = false
    worker.arrived = new Map(worker.truth)
    return `report of ${worker.forkNumber}`
  }

  #die(worker: ModelWorker): string {
    const settled = this.#random.chance(0.5)
    worker.ended = true
    this.#aggregator.retire(worker.forkNumber, settled)
    for (const [key, value] of worker.arrived ?? []) this.#retire(worker, key, { value, settled })
    return `${settled ? 'end' : 'crash'} of ${worker.forkNumber}`
  }

  #retire(
    worker: ModelWorker,
    key: string,
    { value, settled }: { value: number; settled: boolean },
  ): void {
    const { kind } = metricOf(key)
    const series = this.#seriesOf(worker, key)
    const stays =
      isMonotonic(kind) || (kind === 'upDownCounter' && settled && !this.#isStamped(key))
    if (!this.#leavesNow(key) || !stays) return
    this.#left.set(series, (this.#left.get(series) ?? 0) + value)
  }

  #expire(worker: ModelWorker): string {
    this.#aggregator.forget(worker.forkNumber)
    this.#workers.splice(this.#workers.indexOf(worker), 1)
    return 'expire'
  }

  /** Whether a series joins the totals at its worker's end. Others stay until `forget`. */
  #leavesNow(key: string): boolean {
    return this.#mode.reusesIds || !this.#isStamped(key)
  }

  #isStamped(key: string): boolean {
    const { kind, name } = metricOf(key)
    return (
      this.#mode.rules === apartRules || kind === 'gauge' || name.startsWith('gunicorn_worker_')
    )
  }

  #seriesOf({ id }: ModelWorker, key: string): string {
    if (!this.#isStamped(key)) return key
    const [name = '', attributes = ''] = key.split(' ')
    return `${name} ${JSON.stringify({ ...JSON.parse(attributes), worker_id: id })}`
  }

  #expected(): Record<string, unknown> {
    const totals = new Map(this.#left)
    for (const worker of this.#workers) {
      for (const [key, value] of worker.arrived ?? []) {
        if (worker.ended && (this.#leavesNow(key) || !isMonotonic(metricOf(key).kind))) continue
        const series = this.#seriesOf(worker, key)
        totals.set(series, (totals.get(series) ?? 0) + value)
      }
    }
    return Object.fromEntries(
      Array.from(totals, ([series, total]) => [series, valueFor(metricOf(series), total)]),
    )
  }

  #neverDown(now: Record<string, unknown>, place: string): void {
    for (const [series, value] of Object.entries(this.#before)) {
      if (metricOf(series).kind !== 'counter') continue
      assert.ok((now[series] as number) >= (value as number), `${place}: ${series} fell`)
    }
  }
}

const metrics = new Map(
  [counter, upDown, gauge, histogram, requests, faults].map((metric) => [metric.name, metric]),
)

function metricOf(series: string): Descriptor {
  const metric = metrics.get(series.split(' ')[0] ?? '')
  if (!metric) throw new Error(`no metric of ${series}`)
  return metric
}

/** Makes a histogram's value from one number, because the model has numbers only. */
function valueFor({ kind, bounds = [] }: Descriptor, value: number): Point['value'] {
  if (kind !== 'histogram') return value
  return { count: value, sum: 2 * value, counts: [...bounds.map(() => 0), value] }
}

function everything(forkNumber: number): ReportingSource {
  return new ReportingSource(forkNumber)
    .set(counter, { a: 'x' }, forkNumber)
    .set(upDown, {}, 10 * forkNumber)
    .set(gauge, {}, 100 * forkNumber)
    .set(
      histogram,
      {},
      { count: forkNumber, sum: 2 * forkNumber, counts: forkNumber === 1 ? [0, 1, 0] : [1, 1, 0] },
    )
    .set(requests, {}, 7 * forkNumber)
    .set(faults, { component: 'p' }, 1)
}

function accept(aggregator: Aggregator, source: ReportingSource): void {
  assert.equal(aggregator.report(source.source.forkNumber, source.report()), 'accepted')
}

/** Values by name and attributes, as a text with sorted keys. */
function page(aggregator: Aggregator): Record<string, Point['value']> {
  return Object.fromEntries(
    aggregator
      .metrics()
      .flatMap(({ descriptor: metric, points }: Metric) =>
        points.map(({ attributes, value }) => [keyOf(metric, attributes), value]),
      ),
  )
}

function keyOf({ name }: Descriptor, attributes: Attributes): string {
  const sorted = Object.fromEntries(Object.entries(attributes).sort())
  assert.equal(attributeKey(sorted), attributeKey(attributes))
  return `${name} ${JSON.stringify(sorted)}`
}

function newAggregator(options: Partial<AggregatorOptions> = {}): Aggregator {
  return new Aggregator({
    workerIdOf: ({ forkNumber }) => `worker_${forkNumber}`,
    rules: usualRules,
    reusesIds: false,
    maxSeries: stateLimits.series,
    ...options,
  })
}

function descriptor(name: string, kind: MetricKind): Descriptor {
  return { name, kind, unit: '', description: '', scope: 'app' }
}
