import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { MeterProvider, ScopeMetrics } from '@opentelemetry/sdk-metrics'
import type { ExponentialValue, HistogramValue, Metric, Value } from '../../src/model/metric.ts'
import { joinScopes } from '../../src/otel/join-scopes.ts'
import { collected, converted } from '../support/otel/otel.ts'

/** Joins the metrics of several processes. */
async function joined(...uses: ((provider: MeterProvider) => void)[]): Promise<Metric[]> {
  const all = await Promise.all(uses.map(async (use) => (await collected(use)).scopeMetrics))
  const { resource } = await collected(() => {})
  return converted({ resource, scopeMetrics: joinScopes(all.flat()) })
}

function valuesOf(metrics: readonly Metric[]): Record<string, Value[]> {
  return Object.fromEntries(
    metrics.map(({ descriptor, points }) => [descriptor.name, points.map(({ value }) => value)]),
  )
}

describe('joined metrics of two processes', () => {
  const use = (share: number) => (provider: MeterProvider) => {
    const meter = provider.getMeter('shop', '1.0.0')
    meter.createCounter('orders').add(share)
    meter.createCounter('orders').add(share, { process: share })
    meter.createUpDownCounter('open').add(-share)
    meter.createHistogram('wait', { advice: { explicitBucketBoundaries: [1, 5] } }).record(share)
    meter.createHistogram('size.exponential').record(share)
    meter.createGauge('heat').record(share)
    meter.createObservableCounter('ticks').addCallback((result) => result.observe(share))
  }

  test('have sums over equal attributes, and the later value of a gauge', async () => {
    const metrics = await joined(use(2), use(10))
    assert.equal(new Set(metrics.map(({ descriptor }) => descriptor.scope)).size, 1)
    const values = valuesOf(metrics)
    assert.deepEqual(values['orders'], [12, 2, 10])
    assert.deepEqual(values['open'], [-12])
    assert.deepEqual(values['ticks'], [12])
    assert.deepEqual(values['heat'], [10])
    assert.deepEqual(values['wait'], [{ count: 2, sum: 12, counts: [0, 1, 1] }])
    const [size] = values['size.exponential'] as ExponentialValue[]
    assert.deepEqual([size?.count, size?.sum, size?.min, size?.max], [2, 12, 2, 10])
  })

  test('keep histograms with different buckets apart', async () => {
    const bounded = (bound: number) => (provider: MeterProvider) =>
      provider
        .getMeter('shop')
        .createHistogram('wait', { advice: { explicitBucketBoundaries: [bound] } })
        .record(1)
    const metrics = await joined(bounded(1), bounded(2))
    const counts = metrics.flatMap(({ points }) =>
      points.map(({ value }) => (value as HistogramValue).count),
    )
    assert.deepEqual(counts, [1, 1])
  })

  test('keep versions of a scope, kinds and units apart', async () => {
    const metrics = await joined(
      (provider) => provider.getMeter('shop', '1').createCounter('a').add(1),
      (provider) => provider.getMeter('shop', '2').createCounter('a').add(1),
      (provider) => provider.getMeter('shop', '2').createUpDownCounter('a').add(1),
      (provider) => provider.getMeter('shop', '2').createCounter('a', { unit: 's' }).add(1),
    )
    assert.deepEqual(
      metrics.map(({ points }) => points.map(({ value }) => value)),
      [[1], [1], [1], [1]],
    )
  })

  test('have the earlier start and the later end', async () => {
    const at = (start: number, end: number): ScopeMetrics => ({
      scope: { name: 'shop' },
      metrics: [
        {
          descriptor: { name: 'a', description: '', unit: '', valueType: 1 },
          aggregationTemporality: 1,
          dataPointType: 3,
          isMonotonic: true,
          dataPoints: [{ startTime: [start, 5], endTime: [end, 5], attributes: {}, value: 1 }],
        },
      ],
    })
    for (const scopes of [
      [at(10, 30), at(20, 40)],
      [at(20, 40), at(10, 30)],
    ]) {
      const [point] = joinScopes(scopes)[0]?.metrics[0]?.dataPoints ?? []
      assert.deepEqual(point, { startTime: [10, 5], endTime: [40, 5], attributes: {}, value: 2 })
    }
  })
})
