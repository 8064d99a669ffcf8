import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { withCollector } from '../support/otel/collector.ts'
import {
  type AppOptions,
  eventually,
  fetchText,
  fixtures,
  startApp,
} from '../support/programs/app.ts'
import { parsePage } from '../support/prometheus/page.ts'
import { need, otelcol } from '../support/tools.ts'

/*
 * A metric has one name: on the preload's page, behind the Collector, and in a user's own SDK.
 */

const expected = [
  'busy_seconds_total',
  'depth_furlong',
  'duration_milliseconds_count',
  'frequency_per_second',
  'heap_used_bytes',
  'heat_celsius',
  'hit_ratio',
  'http_server_request_duration_seconds_count',
  'income_EUR_total',
  'io_bytes_total',
  'load_percent',
  'open',
  'orders_total',
  'reserved_mebibytes',
  'seconds_waited_count',
  'sent_bytes_total',
  'speed_bytes_per_second',
  'things_total',
  'utilization_ratio',
  'wait_seconds_count',
]

test('Metrics of the application have the same names behind the Collector', async (context) => {
  const program = need(context, otelcol())
  if (program === undefined) return
  await withCollector({ otelcol: program, config: 'push.yaml' }, async ({ endpoints }) => {
    const env = {
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${endpoints.OTLP_HTTP_ENDPOINT}`,
      OTEL_METRIC_EXPORT_INTERVAL: '500',
    }
    await withApp({ env }, async (url) => {
      await eventually(async () => assert.deepEqual(await namesAt(url), expected))
      const collected = `http://${endpoints.PAGE_ENDPOINT}/metrics`
      await eventually(async () => assert.deepEqual(await namesAt(collected), expected))
    })
  })
})

test('Metrics of the application have the same names in a user’s own SDK', async () => {
  const nodeArgs = ['--require', join(fixtures, 'apps/sdk/default-sdk.cjs')]
  await withApp({ preload: 'none', nodeArgs }, async (url) => {
    await eventually(async () => assert.deepEqual(await namesAt(url), expected))
  })
})

async function withApp(
  options: Omit<AppOptions, 'file'>,
  act: (url: string) => Promise<void>,
): Promise<void> {
  const app = await startApp({ file: 'apps/metrics/units.cjs', ...options })
  try {
    await app.ready()
    await act(app.metricsUrl)
  } finally {
    await app.stop()
  }
}

/** Names of the samples of the scope `shop`, a histogram by its count. */
async function namesAt(url: string): Promise<string[]> {
  const samples = parsePage(await fetchText(url)).filter(
    ({ name, labels }) => labels['otel_scope_name'] === 'shop' && !/_(?:bucket|sum)$/.test(name),
  )
  return samples.map(({ name }) => name).sort()
}
