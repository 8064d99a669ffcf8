import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Attributes } from '@opentelemetry/api'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import {
  DataPointType,
  type MeterProvider,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import type { TextFormat } from '../../src/exposition/text-format.ts'
import { LabelTexts } from '../../src/exposition/text-labels.ts'
import { catalog } from '../../src/model/catalog/catalog.ts'
import { descriptorOf } from '../../src/model/catalog/declaration.ts'
import type { Descriptor, Metric } from '../../src/model/metric.ts'
import { ownScope } from '../../src/model/own-scope.ts'
import { renderText } from '../support/exposition/render-text.ts'
import { collected, converted, type Taste, useAtRandom } from '../support/otel/otel.ts'
import { faultsOf, type RawSample, readSamples } from '../support/prometheus/exposition.ts'
import { Random } from '../support/random.ts'

/*
 * OTel's serializer is the oracle. The functions below remove these differences:
 * - OTel’s serializer for JavaScript adds no unit to a name. The specification and the
 *   Collector do.
 * - OTel writes `target_info`, empty HELP lines, and UNIT lines that OpenMetrics forbids.
 * - Attributes whose cleaned names are equal: OTel writes the label twice. `renderText` joins the
 *   values with `;`.
 * - An attribute `le`: OTel writes `le`, twice on a bucket. `renderText` writes `exported_le`.
 * - An attribute name that is empty or starts with a digit: OTel's label is invalid. The label of
 *   `renderText` starts with `_`.
 * - `le="1"` of OTel is `le="1.0"` of `renderText`. The tests compare numbers.
 * - A repeated series, or a family of two types: OTel writes both, `renderText` the first.
 */

const formats: readonly TextFormat[] = ['prometheus', 'openmetrics']
const infinity = Number.POSITIVE_INFINITY

describe('renderText matches OTel’s serializer for', () => {
  for (const [title, use] of Object.entries(uses())) {
    for (const format of formats) {
      test(`${title} (${format})`, async () => {
        const data = await collected(use)
        const page = renderText(converted(data), format)
        assert.deepEqual(page.clashes, [])
        assert.deepEqual(faultsOf(page.text, format), [])
        assert.deepEqual(valuesOf(readSamples(page.text)), valuesOf(oracle(data)))
      })
    }
  }
})

function uses(): Record<string, (provider: MeterProvider) => void> {
  return {
    'a counter': (provider) => provider.getMeter('app').createCounter('orders').add(3),
    'a counter named _total': (provider) =>
      provider.getMeter('app').createCounter('orders_total').add(3),
    'an up-down counter': (provider) =>
      provider.getMeter('app').createUpDownCounter('open').add(-2, { queue: 'a' }),
    'a gauge': (provider) => provider.getMeter('app').createGauge('depth').record(1.5),
    'a histogram': (provider) => {
      const histogram = provider.getMeter('app', '1.2.3').createHistogram('wait', { unit: 's' })
      for (const value of [0, 0.004, 5, 5.1, 1e5]) histogram.record(value, { route: '/' })
    },
    'a histogram without buckets': (provider) =>
      provider
        .getMeter('app')
        .createHistogram('wait', { advice: { explicitBucketBoundaries: [] } })
        .record(1),
    'observable instruments': (provider) => {
      const meter = provider.getMeter('app')
      meter.createObservableCounter('seen').addCallback((result) => result.observe(7, { a: 1 }))
      meter.createObservableUpDownCounter('kept').addCallback((result) => result.observe(-7))
      meter.createObservableGauge('heat').addCallback((result) => result.observe(0.25))
    },
    'values such as NaN and infinity': (provider) => {
      const gauge = provider.getMeter('app').createGauge('value')
      const values = [Number.NaN, infinity, -infinity, -0, 1e21, 1e-7, Number.MAX_SAFE_INTEGER]
      for (const [index, value] of values.entries()) gauge.record(value, { index })
    },
    'attribute values of every type': (provider) => {
      const counter = provider.getMeter('app').createCounter('typed')
      const values = ['text', '', 1.5, true, ['a', 'b'], [1, 2], [true], [], undefined]
      for (const [index, value] of values.entries()) {
        counter.add(index + 1, { index, value } as Attributes)
      }
    },
    'text that needs escapes': (provider) => {
      const counter = provider.getMeter('a "scope"\\\n', 'v"1"').createCounter('escaped')
      for (const value of ['"', '\\', '\n', '\\n', '\\\\"\n', ',}="', '\t\r', '😀 größe']) {
        counter.add(1, { value })
      }
    },
    'names that need cleaning': (provider) => {
      const meter = provider.getMeter('app')
      for (const name of ['http.server.duration', 'a-b/c', 'größe', '1st', 'a__c.-d', 'x.']) {
        meter.createGauge(name).record(1, { 'http.method': 'GET', größe: 1, 'a b': 2, __x__: 3 })
      }
    },
    'a family in several scopes': (provider) => {
      for (const version of ['', '1', '2']) {
        provider.getMeter('app', version).createCounter('orders').add(1)
        provider.getMeter('other', version).createCounter('orders').add(2)
      }
    },
    'scopes without a name and with an @': (provider) => {
      provider.getMeter('').createCounter('a').add(1)
      provider.getMeter('@acme/shop').createCounter('b').add(1)
      provider.getMeter('@acme/shop', '1.0.0').createCounter('c').add(1)
      provider.getMeter('shop@acme').createCounter('d').add(1)
    },
  }
}

describe('renderText with generated metrics', () => {
  for (const format of formats) {
    test(`matches OTel’s serializer (${format})`, async () => {
      for (let seed = 1; seed <= 300; seed += 1) {
        const data = await generated(seed, { clashes: false, impossible: true, exponential: false })
        const page = renderText(converted(data), format)
        assert.deepEqual(page.clashes, [], `seed ${seed}`)
        assert.deepEqual(faultsOf(page.text, format), [], `seed ${seed}`)
        const expected = valuesOf(oracle(data))
        assert.deepEqual(valuesOf(readSamples(page.text)), expected, `seed ${seed}`)
      }
    })

    test(`writes a valid page with exponential histograms (${format})`, async () => {
      let shown = 0
      for (let seed = 1; seed <= 300; seed += 1) {
        const data = await generated(seed, { clashes: true, impossible: true, exponential: true })
        const { text } = renderText(converted(data), format)
        assert.deepEqual(faultsOf(text, format), [], `seed ${seed}`)
        shown += /exponential_bucket\{.*le="[^+]/.test(text) ? 1 : 0
      }
      assert.ok(shown > 50, `${shown} had buckets`)
    })

    test(`leaves out metrics that clash, and writes a valid page (${format})`, async () => {
      for (let seed = 1; seed <= 300; seed += 1) {
        const data = await generated(seed, { clashes: true, impossible: true, exponential: false })
        const page = renderText(converted(data), format)
        assert.deepEqual(faultsOf(page.text, format), [], `seed ${seed}`)
        const expected = valuesOf(oracle(data))
        for (const [series, values] of valuesOf(readSamples(page.text))) {
          const sums = sumsOf(expected.get(series) ?? [])
          assert.ok(
            sums.some((value) => isNear(value, values[0])),
            `seed ${seed}: ${series} has a value that was not recorded`,
          )
        }
      }
    })
  }
})

/** Sums of fractions depend on the order. */
function isNear(value: number, other: number | undefined): boolean {
  if (Object.is(value, other)) return true
  return other !== undefined && Math.abs(value - other) <= 1e-9 * Math.abs(other)
}

/** The sums of all choices of the values. */
function sumsOf(values: readonly number[]): number[] {
  const sums: number[] = []
  for (const value of values) sums.push(value, ...sums.map((sum) => sum + value))
  return sums
}

function generated(seed: number, taste: Taste): Promise<ResourceMetrics> {
  const random = new Random(seed)
  return collected((provider) => useAtRandom(provider, random, taste))
}

describe('renderText writes valid labels for', () => {
  const cases: readonly [title: string, attributes: Attributes, labels: string][] = [
    [
      'attributes with equal cleaned names, in the order of their names',
      { 'a.b': '1', a_b: '2' },
      'a_b="1;2"',
    ],
    [
      'attributes with equal cleaned names in another order',
      { a_b: '2', 'a-b': '0', 'a.b': '1' },
      'a_b="0;1;2"',
    ],
    [
      'attributes with equal cleaned names and other types',
      { 'a.b': true, a_b: [1] },
      'a_b="true;[1]"',
    ],
    ['an attribute le', { le: 'x' }, 'exported_le="x"'],
    ['attributes le and exported_le', { le: 'x', exported_le: 'y' }, 'exported_le="y;x"'],
    ['a name with a leading digit', { '1a': 1 }, '_1a="1"'],
    ['a name with a leading digit, and the cleaned name', { '1a': 1, _1a: 2 }, '_1a="1;2"'],
    ['an empty name', { '': 1 }, '_="1"'],
    ['a name of dots', { '...': 1 }, '_="1"'],
    ['a reserved name', { __name__: 1 }, '_name_="1"'],
    ['an attribute with the name of a scope label', { 'otel.scope.name': 'x' }, ''],
  ]
  for (const [title, attributes, labels] of cases) {
    test(title, () => {
      const expected = [labels, 'otel_scope_name="app"'].filter((text) => text !== '').join()
      const { text } = renderText([counter({ attributes })], 'prometheus')
      assert.equal(text.split('\n')[2], `orders_total{${expected}} 1`)
      assert.deepEqual(faultsOf(text, 'prometheus'), [])
    })
  }
})

describe('Of series with equal labels,', () => {
  const cases: Record<string, readonly Metric[]> = {
    'gauges with a number and its text': [
      metric({ name: 'a_total', kind: 'gauge' }, [point({ a: 1 }, 1), point({ a: '1' }, 2)]),
    ],
    'metrics with equal cleaned names': [
      metric({ name: 'a.b' }, [point({}, 1)]),
      metric({ name: 'a_b' }, [point({}, 2)]),
    ],
    'a counter with and without _total': [
      metric({ name: 'a' }, [point({}, 1)]),
      metric({ name: 'a_total' }, [point({}, 2)]),
    ],
    'two histograms': [
      histogram([1], [point({ a: 1 }, { count: 1, sum: 1, counts: [1, 0] })]),
      histogram([2, 3], [point({ a: '1' }, { count: 2, sum: 2, counts: [1, 1, 0] })]),
    ],
  }
  for (const [title, metrics] of Object.entries(cases)) {
    for (const format of formats) {
      test(`the page shows only the first: ${title} (${format})`, () => {
        const { text, twins } = renderText(metrics, format)
        assert.deepEqual(faultsOf(text, format), [])
        const counts = readSamples(text).filter(({ name }) => /_count$|_total$/.test(name))
        assert.equal(counts[0]?.value, 1)
        assert.equal(twins, 1)
      })
    }
  }

  const sums: Record<string, readonly [metrics: readonly Metric[], sum: number]> = {
    'a number and its text': [
      [metric({}, [point({ a: 1 }, 1), point({ a: '1' }, 2), point({ a: true }, 3)])],
      3,
    ],
    'attributes with equal cleaned names': [
      [metric({}, [point({ 'a.b': 1 }, 1), point({ a_b: 1 }, 2)])],
      3,
    ],
    'an empty label and no label': [[metric({}, [point({}, 1), point({ a: '' }, 2)])], 3],
    'units that the page does not show': [
      [metric({}, [point({}, 1)]), metric({ unit: '{order}' }, [point({}, 2)])],
      3,
    ],
    'histograms with equal bounds': [
      [
        histogram([1], [point({ a: 1 }, { count: 1, sum: 1, counts: [1, 0] })]),
        histogram([1], [point({ a: '1' }, { count: 2, sum: 5, counts: [0, 2] })]),
      ],
      3,
    ],
  }
  for (const [title, [metrics, expected]] of Object.entries(sums)) {
    for (const format of formats) {
      test(`values of one metric add up: ${title} (${format})`, () => {
        const { text, twins } = renderText(metrics, format)
        assert.deepEqual(faultsOf(text, format), [])
        const counts = readSamples(text).filter(({ name }) => /_count$|_total$/.test(name))
        assert.equal(counts[0]?.value, expected)
        assert.equal(twins, 0)
      })
    }
  }
})

describe('Of families whose samples clash,', () => {
  type Pair = readonly [first: Partial<Descriptor>, second: Partial<Descriptor>]
  /** Text 0.0.4 has no name of the family beside the names of the samples. */
  const openMetricsOnly: Record<string, Pair> = {
    'a counter and a gauge of its name': [{ name: 'x' }, { name: 'x', kind: 'gauge' }],
    'a gauge and a counter of its name': [{ name: 'x', kind: 'gauge' }, { name: 'x' }],
    'a counter and a gauge with the name of its creation time': [
      { name: 'x' },
      { name: 'x_created', kind: 'gauge' },
    ],
  }
  const cases: Record<string, Pair> = {
    'a counter and a gauge with the name of its samples': [
      { name: 'x' },
      { name: 'x_total', kind: 'gauge' },
    ],
    'a gauge and a counter with the gauge’s name for its samples': [
      { name: 'x_total', kind: 'gauge' },
      { name: 'x' },
    ],
    'a histogram and a gauge with the name of its count': [
      { name: 'x', kind: 'histogram', bounds: [] },
      { name: 'x_count', kind: 'gauge' },
    ],
    'a gauge and a histogram with the gauge’s name for its buckets': [
      { name: 'x_bucket', kind: 'gauge' },
      { name: 'x', kind: 'histogram', bounds: [] },
    ],
  }
  for (const [title, [first, second]] of Object.entries({ ...cases, ...openMetricsOnly })) {
    for (const format of title in openMetricsOnly ? (['openmetrics'] as const) : formats) {
      test(`the page leaves out and names the second: ${title} (${format})`, () => {
        const page = renderText([plain(first), plain(second)], format)
        assert.deepEqual(page.clashes, [second.name])
        assert.deepEqual(faultsOf(page.text, format), [])
        const alone = renderText([plain(first)], format)
        assert.equal(page.text, alone.text)
      })
    }
  }

  for (const [title, [first, second]] of Object.entries(openMetricsOnly)) {
    test(`the page in text 0.0.4 shows both: ${title}`, () => {
      const page = renderText([plain(first), plain(second)], 'prometheus')
      assert.deepEqual(page.clashes, [])
      assert.deepEqual(faultsOf(page.text, 'prometheus'), [])
      assert.equal(readSamples(page.text).length, 2)
    })
  }

  test('the page shows an up-down counter and a gauge, because both are gauges', () => {
    const metrics = [
      metric({ name: 'x', kind: 'upDownCounter' }, [point({ a: 1 }, 1)]),
      metric({ name: 'x', kind: 'gauge', scope: 'other' }, [point({ a: 1 }, 2)]),
    ]
    const page = renderText(metrics, 'openmetrics')
    assert.deepEqual(page.clashes, [])
    assert.equal(readSamples(page.text).length, 2)
  })
})

describe('A name without valid characters', () => {
  for (const name of ['', '_', '...', '_total', '.total', 'é', '-_-', '1', '\n']) {
    for (const kind of ['counter', 'gauge', 'histogram'] as const) {
      for (const format of formats) {
        test(`keeps the page valid: ${kind} ${JSON.stringify(name)} (${format})`, () => {
          const { text } = renderText([plain({ name, kind }), plain({})], format)
          assert.deepEqual(faultsOf(text, format), [])
          assert.ok(text.includes('\norders_total{otel_scope_name="app"} 1\n'))
        })
      }
    }
  }
})

describe('The bucket bound', () => {
  // The form of the Python client. Prometheus 3 converts other forms to this form.
  const cases: readonly [bound: number, text: string][] = [
    [0.005, '0.005'],
    [0, '0.0'],
    [-0, '0.0'],
    [1, '1.0'],
    [10, '10.0'],
    [7.5, '7.5'],
    [1_024, '1024.0'],
    [262_144, '262144.0'],
    [999_999.5, '999999.5'],
    [1e6, '1e+06'],
    [1_048_576, '1.048576e+06'],
    [4_194_304, '4.194304e+06'],
    [15_000_000, '1.5e+07'],
    [12_345_678_901, '1.2345678901e+10'],
    [1e21, '1e+21'],
    [1.5e100, '1.5e+100'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [0.0000025, '2.5e-06'],
    [1e-10, '1e-10'],
    [-1.5, '-1.5'],
  ]
  for (const [bound, text] of cases) {
    test(`${bound} has the text ${text}`, () => {
      const value = { count: 1, sum: 1, counts: [1, 0] }
      const page = renderText([histogram([bound], [point({}, value)])], 'openmetrics')
      const [bucket] = readSamples(page.text)
      assert.equal(new Map(bucket?.labels).get('le'), text)
    })
  }
})

describe('An exponential histogram', () => {
  const data = (values: readonly number[]) =>
    collected((provider) => {
      const gauge = provider.getMeter(ownScope).createGauge('exponential')
      for (const value of values) gauge.record(value)
    })

  test('is a classic histogram on the page, with bounds in the form of Prometheus', async () => {
    const { text } = renderText(converted(await data([0, 3, 1e9])), 'openmetrics')
    assert.match(text, /^# TYPE exponential histogram\nexponential_bucket\{le="0\.0"\} 1\n/m)
    assert.match(text, /^exponential_bucket\{le="4\.0"\} 2$/m)
    assert.match(text, /^exponential_bucket\{le="1\.073741824e\+09"\} 3$/m)
    assert.match(text, /^exponential_bucket\{le="\+Inf"\} 3\n.*_sum 0\n.*_count 3$/m)
  })

  test('of negative values has no sum and no count in OpenMetrics', async () => {
    const metrics = converted(await data([-3, 3]))
    const openmetrics = renderText(metrics, 'openmetrics').text
    assert.match(openmetrics, /le="-2\.\d+"\} 1$/m)
    assert.doesNotMatch(openmetrics, /_sum|_count/)
    assert.match(renderText(metrics, 'prometheus').text, /^exponential_count 2$/m)
  })
})

describe('renderText', () => {
  const description = 'Of "two"\nlines and a \\.'
  test('escapes line ends and backslashes of help', () => {
    const { text } = renderText([plain({ description })], 'prometheus')
    assert.equal(text.split('\n')[0], '# HELP orders_total Of "two"\\nlines and a \\\\.')
  })

  test('escapes quotes of help in OpenMetrics', () => {
    const { text } = renderText([plain({ description })], 'openmetrics')
    assert.equal(text.split('\n')[0], '# HELP orders Of \\"two\\"\\nlines and a \\\\.')
  })

  test('writes UNIT and EOF in OpenMetrics for a name that ends in the unit', () => {
    const { text } = renderText(
      [metric({ name: 'wait_seconds', kind: 'gauge', unit: 's' }, [point({}, 1)])],
      'openmetrics',
    )
    assert.equal(
      text,
      [
        '# HELP wait_seconds No description.',
        '# TYPE wait_seconds gauge',
        '# UNIT wait_seconds seconds',
        'wait_seconds{otel_scope_name="app"} 1',
        '# EOF',
        '',
      ].join('\n'),
    )
  })

  test('writes no UNIT for a name that does not end in the unit', () => {
    for (const unit of ['1', '{item}', '{item}/{call}', '']) {
      const { text } = renderText([plain({ unit })], 'openmetrics')
      assert.doesNotMatch(text, /# UNIT/)
    }
    const inner = plain({ name: 'seconds.waited', unit: 's' })
    assert.doesNotMatch(renderText([inner], 'openmetrics').text, /# UNIT/)
  })

  test('writes requests, failures and durations first, and restarts last', () => {
    const own = [
      catalog.workerRestart,
      catalog.state,
      catalog.requestDuration,
      catalog.failedRequests,
      catalog.requests,
    ].map((declaration) => plain({ ...descriptorOf(declaration) }))
    const page = renderText([plain({}), ...own], 'prometheus')
    assert.deepEqual(
      page.families.map(({ name }) => name),
      [
        'gunicorn_worker_requests',
        'gunicorn_worker_failed_requests',
        'gunicorn_worker_request_duration_seconds',
        'gunicorn_worker_state',
        'orders',
        'gunicorn_worker_restart',
      ],
    )
  })

  test('leaves out a family without samples', () => {
    const { text } = renderText([metric({}, [])], 'prometheus')
    assert.equal(text, '')
  })

  test('writes no scope labels for metrics of this package', () => {
    const { text } = renderText([plain({ scope: ownScope })], 'prometheus')
    assert.match(text, /^orders_total 1$/m)
  })
})

test('LabelTexts keeps the order of attributes in the text but not in the key', () => {
  const labels = new LabelTexts()
  const one = { name: 'orders', scope: 'one' }
  const attributes = { b: 'x', a: 'y', c: '' }
  const known = labels.in(one).of(attributes)
  assert.equal(known.bytes.toString(), 'b="x",a="y",c="",otel_scope_name="one"')
  assert.equal(labels.in(one).of(attributes), known)
  assert.equal(labels.in(one).of({ a: 'y', b: 'x' }).key, known.key)
  assert.notEqual(labels.in({ ...one, scope: 'two' }).of(attributes).key, known.key)
  assert.notEqual(labels.in(one).of({ a: 'x', b: 'y' }).key, known.key)
})

function oracle(data: ResourceMetrics): RawSample[] {
  const serialized = new PrometheusSerializer().serialize(withUnits(data))
  // As bytes: OTel leaves halves of characters to the encoder of UTF-8.
  const text = Buffer.from(serialized).toString()
  const histograms = new Set(
    Array.from(text.matchAll(/^# TYPE (\S+) histogram$/gm), ([, name]) => name),
  )
  return readSamples(text)
    .filter(({ name }) => name !== 'target_info')
    .map((sample) => ({ ...sample, labels: joined(sample, histograms) }))
}

const suffixes = new Map([
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['By', 'bytes'],
  ['constructor', 'constructor'],
])

/** The same data with the unit in each name, as the specification says. */
function withUnits(data: ResourceMetrics): ResourceMetrics {
  const scopeMetrics = data.scopeMetrics.map((scope) => ({
    ...scope,
    metrics: scope.metrics.map(withUnit),
  }))
  return { ...data, scopeMetrics }
}

function withUnit(metric: MetricData): MetricData {
  const { descriptor } = metric
  const isGauge = metric.dataPointType === DataPointType.GAUGE
  const suffix = descriptor.unit === '1' && isGauge ? 'ratio' : suffixes.get(descriptor.unit)
  const base = isCounter(metric)
    ? descriptor.name.replace(/(?<=.)[._-]total$/, '')
    : descriptor.name
  if (suffix === undefined || base.split(/[^a-z0-9]/i).includes(suffix)) return metric
  return { ...metric, descriptor: { ...descriptor, name: `${base}.${suffix}` } }
}

function isCounter(metric: MetricData): boolean {
  return metric.dataPointType === DataPointType.SUM && metric.isMonotonic
}

/** OTel's labels with the names of `renderText`. Values of equal names are joined. */
function joined(
  { name, labels }: RawSample,
  histograms: ReadonlySet<string | undefined>,
): RawSample['labels'] {
  const isBucket = name.endsWith('_bucket') && histograms.has(name.slice(0, -'_bucket'.length))
  const byName = new Map<string, string>()
  for (const [index, [label, value]] of labels.entries()) {
    const isBound = isBucket && index === labels.length - 1
    const shown = isBound ? 'le' : exportedName(label)
    const known = shown.startsWith('otel_scope_') ? undefined : byName.get(shown)
    byName.set(shown, known === undefined ? value : `${known};${value}`)
  }
  return [...byName]
}

function exportedName(label: string): string {
  if (label === 'le') return 'exported_le'
  return /^(?:\d|$)/.test(label) ? `_${label}` : label
}

/** Values by series, in the order of the page. Parts of joined labels are sorted. */
function valuesOf(samples: readonly RawSample[]): Map<string, number[]> {
  const values = new Map<string, number[]>()
  for (const { name, labels, value } of samples) {
    // An empty label is no label.
    const filled = labels.filter(([, text]) => text !== '')
    const texts = filled.map(([label, text]) =>
      JSON.stringify([label, label === 'le' ? boundOf(text) : text.split(';').sort().join(';')]),
    )
    const series = `${name} ${texts.sort().join(' ')}`
    values.set(series, [...(values.get(series) ?? []), value])
  }
  return new Map([...values].sort(([left], [right]) => (left < right ? -1 : 1)))
}

function boundOf(text: string): string {
  return text === '+Inf' ? text : String(Number(text))
}

function counter({ attributes }: { attributes: Attributes }): Metric {
  return metric({}, [point(attributes, 1)])
}

function plain(descriptor: Partial<Descriptor>): Metric {
  if (descriptor.kind !== 'histogram') return metric(descriptor, [point({}, 1)])
  return metric({ bounds: [], ...descriptor }, [point({}, { count: 1, sum: 1, counts: [1] })])
}

function histogram(bounds: readonly number[], points: Metric['points']): Metric {
  return metric({ kind: 'histogram', bounds }, points)
}

function metric(descriptor: Partial<Descriptor>, points: Metric['points']): Metric {
  const base = { name: 'orders', kind: 'counter', unit: '', description: '', scope: 'app' } as const
  return { descriptor: { ...base, ...descriptor }, points }
}

function point(
  attributes: Attributes,
  value: Metric['points'][number]['value'],
): Metric['points'][number] {
  return { attributes, value }
}
