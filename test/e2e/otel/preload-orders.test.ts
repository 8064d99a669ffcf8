import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { metricsAlone } from '../../support/otel/otel-preload.ts'
import {
  eventually,
  fixtures,
  freePort,
  preloadFlags,
  startApp,
} from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { type Sample, sum } from '../../support/prometheus/page.ts'

/*
 * An SDK with OpenTelemetry's instrumentations starts before or after the preload. Both orders have
 * the same metrics on the page, and the same warnings.
 */

const register = ['--require', '@opentelemetry/auto-instrumentations-node/register']
const commonJs = ['--require', join(fixtures, 'apps/sdk/auto-sdk.cjs')]
const esModule = ['--import', join(fixtures, 'apps/sdk/auto-sdk.mjs')]

interface Row {
  readonly title: string
  readonly theirs: readonly string[]
  readonly preload: 'require' | 'import'
}

const rows: readonly Row[] = [
  { title: 'OTel’s register by --require', theirs: register, preload: 'require' },
  { title: 'an SDK in code by --require', theirs: commonJs, preload: 'require' },
  { title: 'an SDK in code by --import', theirs: esModule, preload: 'import' },
]

const requests = 6
const duration = 'http_server_request_duration_seconds_count'
const warning = /worker \d+ \(pid \d+\) of the application has an OpenTelemetry PrometheusExporter/g

/** Names of the application's metrics, the number of requests by route, and warnings. */
async function outcomeOf(nodeArgs: readonly string[], WORKERS: string): Promise<object> {
  const app = await startApp({
    file: 'apps/metrics/orders.cjs',
    preload: 'none',
    nodeArgs,
    env: {
      ...metricsAlone,
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_EXPORTER_PROMETHEUS_PORT: String(await freePort()),
      WORKERS,
    },
  })
  try {
    const port = await app.ready()
    for (let count = 0; count < requests; count += 1) await get(port, '/')
    const page = await eventually(async () => {
      const samples = await app.page()
      for (const name of ['gunicorn_worker_requests_total', 'orders_total', duration])
        assert.equal(sum(samples, name), requests, name)
      // The instrumentation measures the first collection of garbage when there is one.
      assert.ok(namesOf(samples).includes('nodejs_eventloop_utilization_ratio'))
      return samples
    })
    return { names: namesOf(page), warnings: app.stderr().match(warning)?.length ?? 0 }
  } finally {
    await app.stop()
  }
}

function namesOf(samples: readonly Sample[]): string[] {
  const names = samples.map(({ name }) => name)
  // Garbage collections and connections come and go.
  return [...new Set(names)].filter((name) => !/^gunicorn_|^v8js_gc_|_active$/.test(name)).sort()
}

describe('The order of the preloads changes nothing', { concurrency: 2 }, () => {
  for (const { title, theirs, preload } of rows) {
    for (const WORKERS of ['', '2']) {
      const place = WORKERS ? 'a cluster' : 'a single process'
      test(`in ${place} with ${title}`, async () => {
        const ours = preloadFlags(preload)
        const before = await outcomeOf([...theirs, ...ours], WORKERS)
        assert.deepEqual(before, await outcomeOf([...ours, ...theirs], WORKERS))
        assert.equal(Reflect.get(before, 'warnings'), Number(WORKERS))
      })
    }
  }
})

for (const WORKERS of ['', '2']) {
  const place = WORKERS ? 'a cluster' : 'a single process'
  test(`One line asks ${place} with an unknown SDK for the other order`, async () => {
    const theirs = ['--require', join(fixtures, 'apps/sdk/unknown-provider.cjs')]
    const app = await startApp({
      file: 'apps/metrics/orders.cjs',
      preload: 'none',
      nodeArgs: [...theirs, ...preloadFlags('require')],
      env: { WORKERS },
    })
    try {
      await get(await app.ready(), '/')
      // Instruments of later meters are shared.
      await eventually(async () => assert.equal(sum(await app.page(), 'orders_total'), 1))
      const end = /^.*Load gunicorn-prometheus-exporter\/register first\. \(GPE_SDK_FIRST\)\n$/
      assert.match(app.stderr(), end)
    } finally {
      await app.stop()
    }
  })
}
