import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nearestName } from '../../src/support/nearest-name.ts'

const known = [
  'PROMETHEUS_METRICS_PORT',
  'REDIS_URL',
  'REDIS_HOST',
  'workers',
  'metricsPort',
  'run',
]

describe('nearestName', () => {
  const rows: readonly (readonly [given: string, right: string | undefined])[] = [
    ['PROMETHEUS_METRIC_PORT', 'PROMETHEUS_METRICS_PORT'],
    ['PROMETHEUS_METRICS_PORTS', 'PROMETHEUS_METRICS_PORT'],
    ['PROMETEUS_METRICS_PROT', 'PROMETHEUS_METRICS_PORT'],
    ['prometheus_metrics_port', 'PROMETHEUS_METRICS_PORT'],
    ['PROMETHEUS_PORT', undefined],
    ['PROMETHEUS_METR_PORT', undefined],
    ['REDIS_HSOT', 'REDIS_HOST'],
    ['REDIS_USER', undefined],
    ['worker', 'workers'],
    ['wrokers', 'workers'],
    ['wrks', undefined],
    ['metrics-port', 'metricsPort'],
    ['metrics_port', 'metricsPort'],
    ['rum', 'run'],
    ['', undefined],
    ['r', undefined],
    ['__proto__', undefined],
    [`${'x'.repeat(10_000)}`, undefined],
  ]
  for (const [given, right] of rows) {
    test(`finds ${right ?? 'no name'} for ${given.slice(0, 30) || 'an empty name'}`, () =>
      assert.equal(nearestName(given, known), right))
  }

  test('prefers the name with the fewest mistakes', () => {
    assert.equal(
      nearestName('OTEL_SERVICE_NAMES', ['OTEL_SERVICE_NAMER', 'OTEL_SERVICE_NAME']),
      'OTEL_SERVICE_NAMER',
    )
    assert.equal(nearestName('ssl_certfiles', ['ssl_keyfile', 'ssl_certfile']), 'ssl_certfile')
  })
})
