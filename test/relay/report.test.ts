import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { relayLimits } from '../../src/limits/relay.ts'
import { stateLimits } from '../../src/limits/state.ts'
import type { Descriptor, ExponentialValue } from '../../src/model/metric.ts'
import { encodeReport, parseReport, type Report, reportVersion } from '../../src/relay/report.ts'
import { Aggregator } from '../../src/state/aggregator.ts'
import { renderText } from '../support/exposition/render-text.ts'
import { usualRules } from '../support/merging.ts'
import { faultsOf } from '../support/prometheus/exposition.ts'
import { Random } from '../support/random.ts'
import { bytesOf } from '../support/relay/report-values.ts'

const source = { role: 'worker', forkNumber: 1, startSeconds: 1_700_000_000, pid: 4_711 } as const
const counter: Descriptor = {
  name: 'orders',
  kind: 'counter',
  unit: '',
  description: 'Orders.',
  scope: 'app',
}
const histogram: Descriptor = { ...counter, name: 'wait', kind: 'histogram', bounds: [0.5, 1] }
const gauge: Descriptor = { ...counter, name: 'depth', kind: 'gauge' }
const exponential: Descriptor = { ...counter, name: 'size', kind: 'exponentialHistogram' }

const exponentialSize: ExponentialValue = {
  ...{ count: 6, sum: 9.5, scale: 3, zeroCount: 1, min: -4, max: 8 },
  positive: { offset: -7, counts: [1, 2] },
  negative: { offset: 5, counts: [0, 2] },
}

/** A report with a metric of each shape. */
const whole: Report = {
  version: reportVersion,
  sequence: 0,
  source,
  metrics: [
    [0, counter],
    [1, histogram],
    [2, gauge],
    [3, exponential],
  ],
  series: [
    [0, 0, { 'http.method': 'GET', size: 1.5, on: true, list: ['a', 'b'] }],
    [1, 1, {}],
    [2, 2, { a: '' }],
    [3, 3, {}],
  ],
  values: bytesOf(
    [0, 3],
    [1, { count: 2, sum: 1.25, counts: [1, 1, 0] }],
    [2, Number.NaN],
    [3, exponentialSize],
  ),
}

const double = [0, 0, 0, 0, 0, 0, 0, 0] as const

function encoded(...bytes: readonly number[]): string {
  return Buffer.from(bytes).toString('base64')
}

describe('parseReport() accepts', () => {
  const accepted: Record<string, Report> = {
    'a first report': whole,
    'a later report without a source': { ...later(), metrics: [], series: [] },
    'a report without any value': { ...later(), metrics: [], series: [], values: bytesOf() },
    'a last report with an uncaught error': {
      ...later(),
      error: { name: 'TypeError', message: '', stack: 'x'.repeat(relayLimits.errorChars) },
    },
    'an error whose message is hidden': {
      ...later(),
      error: { name: 'TypeError', message: null, stack: '' },
    },
    'any text in names, descriptions and attributes': {
      ...whole,
      metrics: [[0, { ...counter, name: '', description: '\n"\\\u0000', scope: '__proto__' }]],
      series: [[0, 0, JSON.parse('{"__proto__":"x","constructor":"y","":""}')]],
      values: bytesOf([0, -1]),
    },
    'a histogram without buckets': {
      ...whole,
      metrics: [[0, { ...histogram, bounds: [] }]],
      series: [[0, 0, {}]],
      values: bytesOf([0, { count: 1, sum: 1, counts: [1] }]),
    },
  }
  for (const [title, report] of Object.entries(accepted)) {
    test(title, () => assert.deepEqual(parseReport(encodeReport(report)), report))
  }
})

describe('parseReport() refuses', () => {
  const texts: readonly (readonly [title: string, text: unknown])[] = [
    ['undefined', undefined],
    ['null', null],
    ['an object', whole],
    ['a number', 5],
    ['a buffer', Buffer.from(encodeReport(whole))],
    ['an empty text', ''],
    ['a text that is not JSON', '{'],
    ['two JSON values', `${encodeReport(whole)}{}`],
    ['JSON null', 'null'],
    ['a JSON number', '1'],
    ['a JSON array', `[${encodeReport(whole)}]`],
    ['an empty object', '{}'],
    ['deeply nested brackets', '['.repeat(1_000_000)],
  ]
  for (const [title, text] of texts) {
    test(title, () => assert.equal(parseReport(text), undefined))
  }

  test('a text above the limit', () => {
    const text = encodeReport(whole)
    assert.deepEqual(parseReport(text, text.length), whole)
    assert.equal(parseReport(text, text.length - 1), undefined)
  })

  test('more values than relayLimits.seriesPerSource, as of series that repeat', () => {
    const values = (count: number): Buffer => {
      return bytesOf(...Array.from({ length: count }, () => [0, 1] as const))
    }
    const most = { ...whole, values: values(relayLimits.seriesPerSource) }
    assert.deepEqual(parseReport(encodeReport(most)), most)
    const more = { ...whole, values: values(relayLimits.seriesPerSource + 1) }
    assert.equal(parseReport(encodeReport(more)), undefined)
  })

  test('a text above relayLimits.reportChars by default', () => {
    // V8 allocates the spaces only when code reads them, and the guard reads the length alone.
    const text = encodeReport(whole).padEnd(relayLimits.reportChars + 1)
    assert.equal(parseReport(text), undefined)
  })

  const reports: Record<string, Record<string, unknown>> = {
    'the version before': { version: 1 },
    'another version': { version: 3 },
    'the version as text': { version: '2' },
    'a missing version': { version: undefined },
    'a negative sequence': { sequence: -1 },
    'a sequence with a fraction': { sequence: 0.5 },
    'a sequence as text': { sequence: '0' },
    'a sequence above the safe integers': { sequence: 2 ** 53 },
    'a missing sequence': { sequence: undefined },
    'a first report without source': { source: undefined },
    'a source that is null': { source: null },
    'a source that is an array': { source: [source] },
    'an unknown role': { source: { ...source, role: 'master' } },
    'the name of an inherited property as role': { source: { ...source, role: 'constructor' } },
    'a negative fork number': { source: { ...source, forkNumber: -1 } },
    'a fork number as text': { source: { ...source, forkNumber: '1' } },
    'a start before 1970': { source: { ...source, startSeconds: -5 } },
    'a start with a fraction': { source: { ...source, startSeconds: 1.5 } },
    'a pid that is null': { source: { ...source, pid: null } },
    'a refusal that is a number': { source: { ...source, memoryRefusal: 1 } },
    'an SDK that is false': { source: { ...source, hasOwnSdk: false } },
    'an invalid source of a later report': { sequence: 5, source: {} },
    'a metric that is an object': { metrics: [{ 0: 0, 1: counter }] },
    'a series that is an object': { series: [{ 0: 0, 1: 0, 2: {} }] },
    'metrics that are an object': { metrics: {} },
    'metrics that are null': { metrics: null },
    'a metric that is null': { metrics: [null] },
    'a metric without a number': { metrics: [[counter]] },
    'a metric with a negative number': { metrics: [[-1, counter]] },
    'a metric without a descriptor': { metrics: [[0]] },
    'a descriptor that is text': { metrics: [[0, 'orders']] },
    'an unknown kind': { metrics: [[0, { ...counter, kind: 'summary' }]] },
    'the name of an inherited property as kind': {
      metrics: [[0, { ...counter, kind: 'toString' }]],
    },
    'a name that is a number': { metrics: [[0, { ...counter, name: 1 }]] },
    'a missing name': { metrics: [[0, { ...counter, name: undefined }]] },
    'a unit that is null': { metrics: [[0, { ...counter, unit: null }]] },
    'a description that is an object': { metrics: [[0, { ...counter, description: {} }]] },
    'a scope that is an array': { metrics: [[0, { ...counter, scope: ['app'] }]] },
    'a counter with bounds': { metrics: [[0, { ...counter, bounds: [1] }]] },
    'an exponential histogram with bounds': { metrics: [[0, { ...exponential, bounds: [1] }]] },
    'a histogram without bounds': { metrics: [[0, { ...histogram, bounds: undefined }]] },
    'bounds that are an object': { metrics: [[0, { ...histogram, bounds: { length: 0 } }]] },
    'a bound that is text': { metrics: [[0, { ...histogram, bounds: ['1'] }]] },
    'a bound that is null': { metrics: [[0, { ...histogram, bounds: [1, null] }]] },
    'descending bounds': { metrics: [[0, { ...histogram, bounds: [2, 1] }]] },
    'a repeated bound': { metrics: [[0, { ...histogram, bounds: [1, 1] }]] },
    'series that are text': { series: 'abc' },
    'a series that is null': { series: [null] },
    'a series without a metric': { series: [[0, null, {}]] },
    'a series number with a fraction': { series: [[0.5, 0, {}]] },
    'attributes that are null': { series: [[0, 0, null]] },
    'attributes that are an array': { series: [[0, 0, []]] },
    'attributes that are text': { series: [[0, 0, 'a=b']] },
    'an attribute that is an object': { series: [[0, 0, { a: { b: 1 } }]] },
    'an attribute that is an array of objects': { series: [[0, 0, { a: [{}] }]] },
    'an attribute that is an array of arrays': { series: [[0, 0, { a: [[1]] }]] },
    'missing values': { values: undefined },
    'values that are null': { values: null },
    'values in a list': { values: [[0, 1]] },
    'a value without a number': { values: encoded(0) },
    'a number that ends early': { values: encoded(0, 0, 0, 0) },
    'a varint without an end': { values: encoded(1, 0x80) },
    'a varint above the safe integers': { values: encoded(1, ...Array(7).fill(0xff), 0x20) },
    'a varint of nine bytes': { values: encoded(1, ...Array(8).fill(0x80), 0) },
    'a histogram without its buckets': { values: encoded(2, ...double, 2, 0, 1) },
    'an exponential histogram that ends early': { values: encoded(3, ...double) },
    'an exponential histogram with too many buckets': {
      values: encoded(3, ...double, ...double, ...double, 0, 0, 0, 193, 2, ...Array(323).fill(0)),
    },
    'valid values before invalid bytes': { values: encoded(1, 5, 1) },
    'an error that is text': { error: 'TypeError' },
    'an error that is null': { error: null },
    'an error without a stack': { error: { name: 'TypeError', message: 'x' } },
    'an error without a message': { error: { name: 'TypeError', stack: '' } },
    'an error with a message that is a number': { error: { name: '', message: 1, stack: '' } },
    'an error with a long text': {
      error: { name: 'x'.repeat(relayLimits.errorChars + 1), message: '', stack: '' },
    },
  }
  for (const [title, change] of Object.entries(reports)) {
    test(title, () => {
      const text = JSON.stringify({ ...JSON.parse(encodeReport(whole)), ...change })
      assert.equal(parseReport(text), undefined)
    })
  }

  test('infinite bounds', () => {
    const text = encodeReport(whole).replace('[0.5,1]', '[0.5,1e999]')
    assert.ok(text.includes('1e999'))
    assert.equal(parseReport(text), undefined)
  })
})

describe('Aggregator accepts or refuses, and keeps its page valid, for', () => {
  test('deeply nested attributes', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const text = encodeReport(whole).replace('"a":""', `"a":${deep}`)
    assert.ok(text.includes(deep))
    assert.equal(aggregator().report(1, text), 'refused')
  })

  test('reports with random changes', () => {
    const random = new Random(7)
    for (let round = 0; round < 1_500; round += 1) {
      const report: unknown = JSON.parse(encodeReport(whole))
      const changes = 1 + random.below(3)
      for (let change = 0; change < changes; change += 1) mutate(report, random)
      check(JSON.stringify(report), round)
    }
  })

  test('texts with random changes', () => {
    const random = new Random(8)
    const text = encodeReport(whole)
    for (let round = 0; round < 1_000; round += 1) {
      const at = random.below(text.length)
      const insert = random.pick([
        '',
        ',',
        '[',
        ']',
        '{',
        '}',
        '"',
        '0',
        '-',
        '1e999',
        'null',
        '\\',
      ])
      check(text.slice(0, at) + insert + text.slice(at + random.below(4)), round)
    }
  })

  const good = encodeReport({ ...whole, source: { ...source, forkNumber: 2 } })

  /** Reports the text like the exporter, then a valid report of another worker. */
  function check(text: string, round: number): void {
    const totals = aggregator()
    const parsed = parseReport(text)
    const refused = totals.report(1, text) === 'refused'
    const isForeign = parsed?.source !== undefined && parsed.source.forkNumber !== 1
    assert.equal(refused, parsed === undefined || isForeign, `round ${round}: ${text}`)
    assert.deepEqual(Object.keys(Object.prototype), [])
    assert.equal((Object.prototype as { polluted?: unknown }).polluted, undefined)
    if (refused) return
    assert.equal(totals.report(2, good), 'accepted')
    const { text: page } = renderText(totals.metrics(), 'openmetrics')
    assert.deepEqual(faultsOf(page, 'openmetrics').filter(isSyntax), [], `round ${round}: ${text}`)
    totals.retire(1, true)
    totals.forget(1)
    totals.metrics()
  }

  /** The guard cannot check whether the counts of a report add up. */
  function isSyntax(fault: string): boolean {
    return !/^(?:buckets are not cumulative|not the last bucket)/.test(fault)
  }
})

const hostile: readonly (() => unknown)[] = [
  () => null,
  () => -1,
  () => 0,
  () => 1,
  () => 2,
  () => 0.5,
  () => 2 ** 53,
  () => 1e308,
  () => true,
  () => '',
  () => 'x',
  () => '__proto__',
  () => 'NaN',
  () => '-0',
  () => 'constructor',
  () => 'a\n# EOF\nb 1',
  () => '"} 1',
  () => [],
  () => {
    return {}
  },
  () => [[0, 0, {}]],
  () => JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
  () => {
    return { worker_id: 'x', le: '1' }
  },
  () => structuredClone(counter),
  () => structuredClone(histogram),
  () => structuredClone(exponential),
]

/** Changes, adds, repeats or removes one item of the value. */
function mutate(value: unknown, random: Random): void {
  const places = placesIn(value)
  const [container, key] = random.pick(places)
  const act = random.below(4)
  if (act === 0) container[key] = random.pick(hostile)()
  else if (act === 1) delete container[key]
  else if (Array.isArray(container)) {
    container.splice(Number(key), 0, act === 2 ? random.pick(hostile)() : container[Number(key)])
  } else
    define(container, random.pick(['__proto__', 'a', 'worker_id', 'bounds', 'kind', '']), random)
}

function define(container: Container, key: string, random: Random): void {
  const value = random.pick(hostile)()
  Object.defineProperty(container, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  })
}

type Container = Record<string, unknown>

function placesIn(value: unknown): [Container, string][] {
  if (typeof value !== 'object' || value === null) return []
  const container = value as Container
  return Object.keys(container).flatMap((key): [Container, string][] => [
    [container, key],
    ...placesIn(container[key]),
  ])
}

function later(): Report {
  const { source: _, ...rest } = whole
  return { ...rest, sequence: 5 }
}

function aggregator(): Aggregator {
  return new Aggregator({
    workerIdOf: ({ forkNumber }) => `worker_${forkNumber}`,
    rules: usualRules,
    reusesIds: false,
    maxSeries: stateLimits.series,
  })
}

/** Passes the value through JSON, like the relay. */
