import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type App, eventually, fixtures, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { startServe } from '../../support/programs/serve.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { type Sample, select, sum } from '../../support/prometheus/page.ts'

/*
 * The options of OTel's PrometheusExporter on each kind of page.
 */

const options = {
  OTEL_SERVICE_NAME: 'shop',
  OTEL_RESOURCE_ATTRIBUTES: 'k8s.pod.name=shop-7,team=toys',
  PROMETHEUS_PREFIX: 'acme',
  PROMETHEUS_WITH_RESOURCE_CONSTANT_LABELS: '^service\\.name$|^k8s\\.',
  PROMETHEUS_WITHOUT_SCOPE_INFO: 'true',
  PROMETHEUS_WITHOUT_TARGET_INFO: 'true',
}

const pages: Readonly<Record<string, () => Promise<App>>> = {
  'The preload’s page': () => startApp({ file: 'apps/sdk/sdk-cluster.cjs', env: options }),
  'The page of clusterMetricReaders': () =>
    startApp({
      file: 'apps/sdk/sdk-cluster.cjs',
      preload: 'none',
      nodeArgs: ['--require', join(fixtures, 'apps/sdk/default-sdk.cjs')],
      env: options,
    }),
}

for (const [page, start] of Object.entries(pages)) {
  test(`${page} has the options of OTel’s PrometheusExporter`, async () => {
    const app = await start()
    try {
      const port = await app.ready()
      for (let count = 0; count < 6; count += 1) await get(port, '/buy?size=3')
      await eventually(async () => {
        const samples = await app.page()
        // 107 are the primary's.
        assert.equal(sum(samples, 'acme_shop_orders_total'), 119)
        assert.equal(sum(samples, 'acme_shop_size_bytes_count'), 7)
        assert.equal(sum(samples, 'gunicorn_worker_requests_total'), 6)
        assert.deepEqual(select(samples, 'target_info'), [])
        for (const { name, labels } of samples) {
          assert.equal(labels['service_name'], 'shop', name)
          assert.equal(labels['k8s_pod_name'], 'shop-7', name)
          const names = Object.keys(labels)
          assert.deepEqual(names.filter(isUnwanted), [], name)
        }
      })
    } finally {
      await app.stop()
    }
  })
}

function isUnwanted(label: string): boolean {
  return label === 'team' || label.startsWith('otel_scope_')
}

describe('The page of serve', () => {
  test('gives each series the labels of its own resource, by its own options', async (context) => {
    const directory = await temporaryDirectory(context)
    for (const OTEL_SERVICE_NAME of ['shop', 'stock']) {
      const env = { OTEL_SERVICE_NAME, PROMETHEUS_SHARED_DIR: directory }
      const app = await startApp({ file: 'apps/metrics/units.cjs', env })
      context.after(() => app.stop())
      await app.ready()
    }
    const { PROMETHEUS_PREFIX, PROMETHEUS_WITH_RESOURCE_CONSTANT_LABELS } = options
    const sidecar = await startServe({
      args: ['--shared-dir', directory],
      env: { PROMETHEUS_PREFIX, PROMETHEUS_WITH_RESOURCE_CONSTANT_LABELS },
    })
    context.after(() => sidecar.stop())
    await eventually(async () => {
      const page = await sidecar.page()
      const orders = select(page, 'acme_orders_total')
      assert.deepEqual(servicesOf(orders), ['shop', 'stock'])
      assert.deepEqual(servicesOf(select(page, 'gunicorn_worker_info')), ['shop', 'stock'])
      for (const { labels } of orders) {
        const { instance = '', service_name = '' } = labels
        assert.equal(select(page, 'target_info', { instance, service_name }).length, 1)
      }
      const own = select(page, 'gunicorn_sidecar_uptime_seconds')
      assert.deepEqual(servicesOf(own), ['gunicorn-prometheus-exporter'])
    })
  })
})

function servicesOf(samples: readonly Sample[]): (string | undefined)[] {
  return samples.map(({ labels }) => labels['service_name']).sort()
}
