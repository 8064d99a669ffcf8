import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ResourceMetrics, ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { catalog } from '../../src/model/catalog/catalog.ts'
import { descriptorOf } from '../../src/model/catalog/declaration.ts'
import type { Metric } from '../../src/model/metric.ts'
import { version } from '../../src/model/version.ts'
import { toOtel } from '../../src/otel/to-otel.ts'
import { collected, converted, useAtRandom } from '../support/otel/otel.ts'
import { Random } from '../support/random.ts'

const times = { now: 1_700_000_100_250, startOf: () => 1_700_000_000 }

describe('metrics that crossed the relay', () => {
  test('equal the metrics that the SDK collected', async () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const taste = { clashes: true, impossible: true, exponential: true }
      const data = await collected((provider) => useAtRandom(provider, new Random(seed), taste))
      assert.deepEqual(
        comparable(toOtel(converted(data), times)),
        comparable(joined(data)),
        `seed ${seed}`,
      )
    }
  })

  test('have a scope with name and version, also with an @ in the name', () => {
    const scopes = ['shop', 'shop@1.2.3', '@acme/shop@', '@acme/shop@2.0.0-rc.1+5', '']
    const metrics = scopes.map((scope) => counter(scope, [{ attributes: {}, value: 1 }]))
    assert.deepEqual(
      toOtel(metrics, times).map(({ scope }) => scope),
      [
        { name: 'shop' },
        { name: 'shop', version: '1.2.3' },
        { name: '@acme/shop', version: '' },
        { name: '@acme/shop', version: '2.0.0-rc.1+5' },
        { name: '' },
      ],
    )
  })

  test('have the schema of their scope, and whole numbers as such while they are exact', () => {
    const [whole] = [{ valueType: 'int' as const, schemaUrl: 'https://schemas.test/1' }]
    const rows: readonly (readonly [values: readonly number[], valueType: number])[] = [
      [[1, 2], 0],
      [[1, 2.5], 1],
      [[Number.MAX_SAFE_INTEGER + 1], 1],
    ]
    for (const [values, valueType] of rows) {
      const points = values.map((value, a) => ({ attributes: { a }, value }))
      const { descriptor } = counter('shop@1', points)
      const metrics = [{ descriptor: { ...descriptor, ...whole }, points }]
      const [scope] = toOtel(metrics, times)
      assert.equal(scope?.scope.schemaUrl, whole.schemaUrl)
      assert.equal(scope?.metrics[0]?.descriptor.valueType, valueType)
    }
  })

  test('of ours have the version of the package, and one metric per name', () => {
    const descriptor = descriptorOf(catalog.exporterFaults)
    const parts = ['http', 'exporter_bind'].map((part) => ({
      attributes: { component: part },
      value: 1,
    }))
    const data = toOtel(
      parts.map((point) => ({ descriptor, points: [point] })),
      times,
    )
    assert.deepEqual(
      data.map(({ scope, metrics }) => [scope, metrics.map(({ dataPoints }) => dataPoints.length)]),
      [[{ name: 'gunicorn-prometheus-exporter', version }, [2]]],
    )
  })

  test('without a point are left out', () => {
    assert.deepEqual(toOtel([counter('shop', [])], times), [])
  })

  test('are cumulative from the start of the series until now, not before the start', () => {
    const point = { attributes: {}, value: 1 }
    const at = (now: number): unknown => {
      const [data] = toOtel([counter('shop', [point])], { ...times, now })
      const metric = data?.metrics[0]
      const { startTime, endTime } = metric?.dataPoints[0] ?? {}
      return [metric?.aggregationTemporality, startTime, endTime]
    }
    assert.deepEqual(at(times.now), [1, [1_700_000_000, 0], [1_700_000_100, 250_000_000]])
    assert.deepEqual(at(1_699_999_999_000), [1, [1_699_999_999, 0], [1_699_999_999, 0]])
  })
})

function counter(scope: string, points: Metric['points']): Metric {
  return {
    descriptor: { name: 'orders', kind: 'counter', unit: '', description: '', scope },
    points,
  }
}

/** Joins metrics that the SDK keeps apart because of their descriptions. */
function joined({ scopeMetrics }: ResourceMetrics): ScopeMetrics[] {
  return scopeMetrics.map(({ scope, metrics }) => {
    const known = new Map<string, (typeof metrics)[number]>()
    for (const metric of metrics) {
      const { name, unit } = metric.descriptor
      const { isMonotonic } = metric as { isMonotonic?: boolean }
      const key = JSON.stringify([name, unit, metric.dataPointType, isMonotonic])
      const { dataPoints = [], ...first } = known.get(key) ?? metric
      const points = known.has(key) ? [...dataPoints, ...metric.dataPoints] : dataPoints
      known.set(key, { ...first, dataPoints: points } as typeof metric)
    }
    return { scope, metrics: [...known.values()] }
  })
}

/** Without times, minimum and maximum. The relay does not carry them. No sum equals a sum of 0. */
function comparable(scopes: readonly ScopeMetrics[]): unknown {
  const some = scopes.map(({ scope, metrics }) => ({
    scope: [scope.name, scope.version ?? ''],
    metrics: metrics
      .filter(({ dataPoints }) => dataPoints.length > 0)
      .map((metric) => ({
        ...metric,
        descriptor: declared(metric.descriptor),
        dataPoints: metric.dataPoints.map(withoutTimes),
      })),
  }))
  return some.filter(({ metrics }) => metrics.length > 0)
}

/** Without internal properties of the SDK. */
function declared({
  name,
  description,
  unit,
  valueType,
}: ScopeMetrics['metrics'][number]['descriptor']): unknown {
  return { name, description, unit, valueType }
}

function withoutTimes({ attributes, value }: { attributes: unknown; value: unknown }): unknown {
  if (typeof value !== 'object') return { attributes, value }
  const { min: _min, max: _max, sum, ...rest } = value as Record<string, unknown>
  return { attributes, value: { ...rest, sum: sum ?? 0 } }
}
