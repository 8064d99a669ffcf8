import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { MeterProvider } from '@opentelemetry/sdk-metrics'
import type { PageOptions } from '../../../src/model/page/page-options.ts'
import { withPageOptions } from '../../../src/sdk/readers/page-options.ts'
import { collected } from '../../support/otel/otel.ts'
import { faultsOf } from '../../support/prometheus/exposition.ts'
import { parsePage, select } from '../../support/prometheus/page.ts'

const resource = { 'service.name': 'shop', team: 'toys' }

/** The page of OTel's exporter with the options of the default reader. */
async function page(use: (provider: MeterProvider) => void, options: PageOptions): Promise<string> {
  const data = { ...(await collected(use)), resource: resourceFromAttributes(resource) }
  const { withoutTargetInfo = false, withoutScopeInfo = false } = options
  const serializer = new PrometheusSerializer(
    undefined,
    false,
    undefined,
    withoutTargetInfo,
    withoutScopeInfo,
  )
  return serializer.serialize(withPageOptions(data, options))
}

describe('The page of the default reader', () => {
  test('is valid although a series has a label of the resource', async () => {
    const text = await page(
      (provider) => provider.getMeter('app').createCounter('orders').add(1, { team: 'cars' }),
      { withResourceConstantLabels: '.', prefix: 'acme' },
    )
    assert.deepEqual(faultsOf(text, 'prometheus'), [])
    const [series] = select(parsePage(text), 'acme_orders_total')
    const labels = { service_name: 'shop', team: 'cars', otel_scope_name: 'app' }
    assert.deepEqual(series?.labels, labels)
  })

  test('repeats no series without the labels of scopes', async () => {
    const text = await page(
      (provider) => {
        for (const [scope, value] of Object.entries({ one: 1, two: 10 })) {
          const meter = provider.getMeter(scope)
          meter.createCounter('orders').add(value)
          meter.createGauge('level').record(value)
        }
      },
      { withoutScopeInfo: true },
    )
    assert.deepEqual(faultsOf(text, 'prometheus'), [])
    const values = ['orders_total', 'level'].map((name) =>
      select(parsePage(text), name).map(({ value }) => value),
    )
    assert.deepEqual(values, [[11], [1]])
  })
})
