import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { ownScope } from '../../../src/model/own-scope.ts'
import { scratchDirectory } from '../../support/endpoint/certificates.ts'
import { startCollector, toFile } from '../../support/otel/collector.ts'
import { metricsAlone, preloadOrders } from '../../support/otel/otel-preload.ts'
import { readPushes } from '../../support/otel/otlp-file.ts'
import { eventually, freePort, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { sum } from '../../support/prometheus/page.ts'
import { need, otelcol } from '../../support/tools.ts'

/*
 * Where OTel's own preload pushes what the application measures, we push what we measure, and each
 * arrives once.
 */

const directory = scratchDirectory()
describe('Everything is pushed once beside an SDK that pushes too, with', () => {
  for (const [order, nodeArgs] of Object.entries(preloadOrders)) {
    test(`OTel's preload ${order}`, async (context) => {
      const program = need(context, otelcol())
      if (program === undefined) return
      const file = join(directory, `${order}.jsonl`)
      const collector = await startCollector({
        otelcol: program,
        ...toFile(file),
      })
      const env = {
        ...metricsAlone,
        WORKERS: '2',
        OTEL_METRICS_EXPORTER: 'prometheus,otlp',
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://${collector.endpoints.OTLP_HTTP_ENDPOINT}`,
        OTEL_METRIC_EXPORT_INTERVAL: '1000',
        OTEL_METRIC_EXPORT_TIMEOUT: '1000',
        OTEL_NODE_RESOURCE_DETECTORS: 'env,process',
        OTEL_EXPORTER_PROMETHEUS_PORT: String(await freePort()),
      }
      const app = await startApp({
        file: 'apps/metrics/orders.cjs',
        preload: 'none',
        nodeArgs,
        env,
      })
      try {
        const port = await app.ready()
        for (let count = 0; count < 10; count += 1) await get(port, '/')
        await eventually(async () => assert.equal(sum(await app.page(), 'orders_total'), 10))
        await eventually(async () => {
          const pushes = await readPushes(file)
          /** The last value of each series, by sender. */
          const series = new Map<string, { pusher: string; scope: string; value: number }>()
          for (const { resource, points } of pushes) {
            const pusher = String(resource['service.instance.id'] ?? resource['process.pid'] ?? '')
            for (const { name, scope, attributes, value } of points) {
              const key = JSON.stringify([name, scope, attributes, pusher])
              series.set(`${key}`, { pusher, scope, value })
            }
          }
          const total = (part: string): number =>
            Array.from(series)
              .filter(([key]) => key.startsWith(`["${part}"`))
              .reduce((all, [, { value }]) => all + value, 0)
          assert.equal(total('gunicorn_worker_requests_total'), 10)
          assert.equal(total('orders'), 10)
          // The package pushes from the primary, the SDK from each process.
          const own = [...series.values()].filter(({ scope }) => scope.startsWith(ownScope))
          assert.equal(new Set(own.map(({ pusher }) => pusher)).size, 1)
        })
      } finally {
        await app.stop()
        await collector.stop()
        rmSync(file, { force: true })
      }
    })
  }
})
