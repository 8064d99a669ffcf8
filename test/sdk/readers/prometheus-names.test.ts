import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MeterProvider, type ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { withPrometheusNames } from '../../../src/sdk/readers/prometheus-names.ts'
import { Reader } from '../../support/otel/collecting-reader.ts'

describe('Names for the PrometheusExporter of OTel', () => {
  for (const [title, names, expected] of [
    ['end in the unit', ['foo'], ['foo_seconds']],
    ['do not repeat the unit', ['foo_seconds'], ['foo_seconds']],
    ['stay apart, the short name first', ['foo', 'foo_seconds'], ['foo', 'foo_seconds']],
    ['stay apart, the long name first', ['foo_seconds', 'foo'], ['foo_seconds', 'foo']],
    ['stay apart with three spellings', ['a.b', 'a_b'], ['a_b_seconds', 'a_b']],
  ] as const) {
    test(title, async () => {
      const scopes = await collected([['app', names]])
      assert.deepEqual(namesOf(withPrometheusNames(scopes)), expected)
    })
  }

  test('are equal for one instrument of two scopes', async () => {
    const scopes = await collected([
      ['one', ['foo']],
      ['two', ['foo']],
    ])
    assert.deepEqual(namesOf(withPrometheusNames(scopes)), ['foo_seconds', 'foo_seconds'])
  })
})

type Instruments = readonly (readonly [scope: string, names: readonly string[]])[]

async function collected(instruments: Instruments): Promise<ScopeMetrics[]> {
  const reader = new Reader()
  const provider = new MeterProvider({ readers: [reader] })
  for (const [scope, names] of instruments) {
    for (const name of names) {
      provider.getMeter(scope).createHistogram(name, { unit: 's' }).record(1)
    }
  }
  const { resourceMetrics } = await reader.collect()
  return resourceMetrics.scopeMetrics
}

function namesOf(scopes: readonly ScopeMetrics[]): string[] {
  return scopes.flatMap(({ metrics }) => metrics.map(({ descriptor }) => descriptor.name))
}
