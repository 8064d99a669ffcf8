import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { metricsAlone, preloadOrders } from '../../support/otel/otel-preload.ts'
import { type App, eventually, fetchText, freePort, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { parsePage, select, sum } from '../../support/prometheus/page.ts'

/*
 * Beside OTel's own preload, which brings an SDK with an exporter into every process.
 */

const quiet = {
  ...metricsAlone,
  OTEL_METRICS_EXPORTER: 'prometheus',
  OTEL_LOG_LEVEL: 'warn',
}

for (const [order, nodeArgs] of Object.entries(preloadOrders)) {
  describe(`OTel's preload ${order}`, () => {
    test('and this package both get the application’s metrics', async () => {
      const otelPort = await freePort()
      await withApp({ OTEL_EXPORTER_PROMETHEUS_PORT: String(otelPort) }, async (app, port) => {
        for (let count = 0; count < 3; count += 1) await get(port, '/')
        await eventually(async () => {
          const page = await app.page()
          assert.equal(sum(page, 'orders_total'), 3)
          assert.equal(sum(page, 'gunicorn_worker_responses_total', { status_code: '200' }), 3)
          assert.equal(select(page, 'gunicorn_worker_info').length, 1)
        })
        const other = parsePage(await fetchText(`http://127.0.0.1:${otelPort}/metrics`))
        assert.equal(sum(other, 'orders_total'), 3)
        assert.deepEqual(select(other, 'gunicorn_worker_requests_total'), [])
      })
    })

    test('counts nothing twice in a cluster', async () => {
      const env = { WORKERS: '2', OTEL_EXPORTER_PROMETHEUS_PORT: String(await freePort()) }
      await withApp(env, async (app, port) => {
        for (let count = 0; count < 8; count += 1) await get(port, '/')
        await eventually(async () => {
          const page = await app.page()
          assert.equal(sum(page, 'orders_total'), 8)
          assert.equal(sum(page, 'gunicorn_worker_requests_total'), 8)
          assert.equal(select(page, 'gunicorn_worker_info').length, 2)
        })
      })
    })

    async function withApp(
      env: Record<string, string>,
      act: (app: App, port: number) => Promise<void>,
    ): Promise<void> {
      const variables = { ...quiet, ...env }
      const app = await startApp({
        file: 'apps/metrics/orders.cjs',
        preload: 'none',
        nodeArgs,
        env: variables,
      })
      try {
        await act(app, await app.ready())
        assert.doesNotMatch(app.stderr(), /duplicate|does not match/i)
      } finally {
        await app.stop()
      }
    }
  })
}
