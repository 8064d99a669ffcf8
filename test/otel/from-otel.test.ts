import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Meter, MeterProvider as MeterProviderApi } from '@opentelemetry/api'
import type { MeterProvider } from '@opentelemetry/sdk-metrics'
import { stateLimits } from '../../src/limits/state.ts'
import { ownScope } from '../../src/model/own-scope.ts'
import { scopeText } from '../../src/otel/from-otel.ts'
import { encodeReport } from '../../src/relay/report.ts'
import { ReportBuilder } from '../../src/relay/report-builder.ts'
import { Aggregator } from '../../src/state/aggregator.ts'
import { usualRules } from '../support/merging.ts'
import { collected, converted } from '../support/otel/otel.ts'

const source = { role: 'worker', forkNumber: 1, startSeconds: 1_700_000_000, pid: 4_711 } as const

describe('fromOtel keeps kind and values of', () => {
  const use = (act: (meter: Meter) => void) => (provider: MeterProvider) =>
    act(provider.getMeter('app', '1.2.3'))
  const cases: Record<string, readonly [use: (provider: MeterProvider) => void, expected: object]> =
    {
      'a counter': [
        use((meter) =>
          meter.createCounter('a', { unit: 's', description: 'A.' }).add(2, { k: 'v' }),
        ),
        { kind: 'counter', unit: 's', description: 'A.', value: 2, attributes: { k: 'v' } },
      ],
      'an up-down counter': [
        use((meter) => meter.createUpDownCounter('a').add(-2)),
        { kind: 'upDownCounter', value: -2 },
      ],
      'a gauge': [use((meter) => meter.createGauge('a').record(2)), { kind: 'gauge', value: 2 }],
      'an observable counter': [
        use((meter) =>
          meter.createObservableCounter('a').addCallback((result) => result.observe(2)),
        ),
        { kind: 'counter', value: 2 },
      ],
      'an observable up-down counter': [
        use((meter) =>
          meter.createObservableUpDownCounter('a').addCallback((result) => result.observe(-2)),
        ),
        { kind: 'upDownCounter', value: -2 },
      ],
      'an observable gauge': [
        use((meter) => meter.createObservableGauge('a').addCallback((result) => result.observe(2))),
        { kind: 'gauge', value: 2 },
      ],
      'a histogram': [
        use((meter) =>
          meter
            .createHistogram('a', { advice: { explicitBucketBoundaries: [5, 1] } })
            .record(1, { k: 1 }),
        ),
        {
          kind: 'histogram',
          bounds: [1, 5],
          value: { count: 1, sum: 1, counts: [1, 0, 0] },
          attributes: { k: 1 },
        },
      ],
      'an exponential histogram': [
        use((meter) => {
          const histogram = meter.createHistogram('a.exponential', { unit: 's' })
          for (const value of [0, 1, 2, 2]) histogram.record(value, { k: 1 })
        }),
        {
          name: 'a.exponential',
          kind: 'exponentialHistogram',
          unit: 's',
          value: {
            count: 4,
            sum: 5,
            scale: 7,
            zeroCount: 1,
            positive: { offset: -1, counts: [1, ...new Array(127).fill(0), 2] },
            negative: { offset: 0, counts: [] },
            min: 0,
            max: 2,
          },
          attributes: { k: 1 },
        },
      ],
      'an exponential histogram that has seen no number': [
        use((meter) => meter.createHistogram('exponential').record(Number.NaN)),
        {
          name: 'exponential',
          kind: 'exponentialHistogram',
          value: {
            count: 0,
            sum: 0,
            scale: 0,
            zeroCount: 0,
            positive: { offset: 0, counts: [] },
            negative: { offset: 0, counts: [] },
            min: undefined,
            max: undefined,
          },
        },
      ],
      'a histogram that advises infinite bounds': [
        use((meter) =>
          meter
            .createHistogram('a', {
              advice: { explicitBucketBoundaries: [-Infinity, 1, Infinity] },
            })
            .record(9),
        ),
        { kind: 'histogram', bounds: [1], value: { count: 1, sum: 9, counts: [0, 1] } },
      ],
    }
  for (const [title, [act, expected]] of Object.entries(cases)) {
    test(title, async () => {
      const { value, attributes = {}, ...rest } = expected as Record<string, unknown>
      assert.deepEqual(converted(await collected(act)), [
        {
          descriptor: { name: 'a', unit: '', description: '', scope: 'app@1.2.3', ...rest },
          points: [{ attributes, value }],
        },
      ])
    })
  }
})

test('scopeText joins the name and the version of a scope', () => {
  assert.equal(scopeText({ name: 'app' }), 'app')
  assert.equal(scopeText({ name: 'app', version: '' }), 'app')
  assert.equal(scopeText({ name: '@acme/shop', version: '1.0.0' }), '@acme/shop@1.0.0')
  assert.equal(scopeText({ name: '@acme/shop' }), '@acme/shop@')
  assert.equal(scopeText({ name: ownScope, version: '9.9.9' }), ownScope)
})

describe('other metrics stay on the page beside', () => {
  // biome-ignore lint/suspicious/noExplicitAny: what the types forbid is what is tested.
  const cases: Record<string, (provider: any) => void> = {
    'a bound twice': (provider) => histogram(provider, [1, 1, 2]),
    'a bound that is NaN': (provider) => histogram(provider, [Number.NaN, 1]),
    'a bound that is text': (provider) => histogram(provider, ['1', 2]),
    'no meter name': (provider) => provider.getMeter().createCounter('odd').add(1),
    'a meter name that is null': (provider) => provider.getMeter(null).createCounter('odd').add(1),
    'a meter version that is a number': (provider) =>
      provider.getMeter('odd', 1).createCounter('odd').add(1),
    'a name that is undefined': (provider) => provider.getMeter('odd').createCounter().add(1),
    'a name that is a number': (provider) => provider.getMeter('odd').createCounter(5).add(1),
    'a description that is a number': (provider) =>
      provider.getMeter('odd').createCounter('odd', { description: 5 }).add(1),
    'a unit that is an object': (provider) =>
      provider
        .getMeter('odd')
        .createCounter('odd', { unit: { a: 1 } })
        .add(1),
    'attributes that are lists': (provider) =>
      provider.getMeter('odd').createCounter('odd').add(1, ['a', 'b']),
    'attributes that are text': (provider) =>
      provider.getMeter('odd').createCounter('odd').add(1, 'ab'),
    'an attribute that is null': (provider) =>
      provider.getMeter('odd').createCounter('odd').add(1, { a: null }),
    'an attribute that is an object': (provider) =>
      provider
        .getMeter('odd')
        .createCounter('odd')
        .add(1, { a: { b: [{}] } }),
    'an attribute that is a date': (provider) =>
      provider
        .getMeter('odd')
        .createCounter('odd')
        .add(1, { a: new Date(0) }),
    'an attribute that is a function': (provider) =>
      provider
        .getMeter('odd')
        .createCounter('odd')
        .add(1, { a: () => {} }),
  }
  for (const [title, use] of Object.entries(cases)) {
    test(title, async () => {
      const data = await collected((provider) => {
        use(provider)
        provider.getMeter('app').createCounter('good').add(5)
      })
      const aggregator = new Aggregator({
        workerIdOf: () => 'w',
        rules: usualRules,
        reusesIds: false,
        maxSeries: stateLimits.series,
      })
      const report = new ReportBuilder(100).next(converted(data), source)
      assert.ok(report)
      assert.equal(aggregator.report(1, encodeReport(report)), 'accepted')
      const good = aggregator.metrics().find(({ descriptor }) => descriptor.name === 'good')
      assert.deepEqual(good?.points, [{ attributes: {}, value: 5 }])
    })
  }

  function histogram(provider: MeterProviderApi, bounds: readonly unknown[]): void {
    const advice = { explicitBucketBoundaries: [...bounds] as number[] }
    provider.getMeter('odd').createHistogram('odd', { advice }).record(1)
  }
})
