import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { metricsAlone, preloadOrders } from '../../support/otel/otel-preload.ts'
import { type App, eventually, freePort, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { type Sample, select, sum } from '../../support/prometheus/page.ts'

/*
 * OTel's own instrumentations, off unless asked.
 */

const duration = 'http_server_request_duration_seconds_count'
const utilization = 'nodejs_eventloop_utilization_ratio'

async function withApp(
  env: Readonly<Record<string, string>>,
  act: (app: App, port: number) => Promise<void>,
): Promise<void> {
  const app = await startApp({ file: 'apps/cluster/otel-instrumentations.cjs', env })
  try {
    await act(app, await app.ready())
  } finally {
    await app.stop()
  }
}

/** Waits until the page counts this number of requests. */
async function pageAfter(app: App, port: number, requests: number): Promise<Sample[]> {
  for (let count = 0; count < requests; count += 1) await get(port, '/')
  return await eventually(async () => {
    const page = await app.page()
    assert.equal(sum(page, 'gunicorn_worker_requests_total'), requests)
    return page
  })
}

test('Without a setting, no OTel instrumentation runs', async () => {
  await withApp({}, async (app, port) => {
    const page = await pageAfter(app, port, 2)
    assert.deepEqual(select(page, utilization), [])
    // Of the exporter: OpenTelemetry's instrumentation knows no route of this server.
    assert.deepEqual(
      select(page, duration).map(({ labels, value }) => [labels['http_route'], value]),
      [['/', 2]],
    )
  })
})

const asked: readonly Readonly<Record<string, string>>[] = [
  { GUNICORN_INSTRUMENTATIONS: 'http,runtime-node' },
  { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,express,runtime-node' },
]
for (const env of asked) {
  for (const WORKERS of ['', '1']) {
    const place = WORKERS ? 'in a worker' : 'in a single process'
    test(`With ${Object.keys(env)}, both OTel instrumentations run ${place}`, async () => {
      await withApp({ ...env, WORKERS }, async (app, port) => {
        await pageAfter(app, port, 3)
        await eventually(async () => {
          const page = await app.page()
          assert.equal(sum(page, duration, { http_request_method: 'GET' }), 3)
          assert.equal(select(page, utilization).length, 1)
        })
        assert.equal(app.stderr(), '')
      })
    })
  }
}

const clientDuration = 'http_client_request_duration_seconds_count'

/** Requests /ask twice, so the server gets four requests. Waits until the page has the sums. */
async function askTwice(
  env: Readonly<Record<string, string>>,
  isComplete: (page: readonly Sample[]) => void,
): Promise<void> {
  await withApp(env, async (app, port) => {
    for (let count = 0; count < 2; count += 1) {
      assert.equal((await get(port, '/ask')).body, 'hello')
    }
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, duration), 4)
      isComplete(page)
    })
  })
}

for (const WORKERS of ['', '1']) {
  describe(WORKERS ? 'in a worker' : 'in a single process', () => {
    test('the name http instruments servers and no clients', async () => {
      await askTwice({ WORKERS, GUNICORN_INSTRUMENTATIONS: 'http' }, (page) => {
        assert.deepEqual(select(page, duration, { http_route: '/ask' }), [])
        assert.deepEqual(select(page, clientDuration), [])
      })
    })

    test('the name http-client instruments clients, and routes stay', async () => {
      await askTwice({ WORKERS, GUNICORN_INSTRUMENTATIONS: 'http-client' }, (page) => {
        assert.equal(sum(page, duration, { http_route: '/ask' }), 2)
        assert.equal(sum(page, clientDuration), 2)
      })
    })

    test('both names instrument both', async () => {
      await askTwice({ WORKERS, GUNICORN_INSTRUMENTATIONS: 'http,http-client' }, (page) => {
        assert.deepEqual(select(page, duration, { http_route: '/ask' }), [])
        assert.equal(sum(page, clientDuration), 2)
      })
    })
  })
}

describe('beside an SDK that the application preloads', () => {
  for (const order of ['before ours', 'after ours'] as const) {
    test(`${order}, its instrumentations are the only ones`, async () => {
      const nodeArgs = preloadOrders[order]
      const env = {
        ...metricsAlone,
        GUNICORN_INSTRUMENTATIONS: 'http',
        OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http',
        OTEL_METRICS_EXPORTER: 'prometheus',
        OTEL_EXPORTER_PROMETHEUS_PORT: String(await freePort()),
        OTEL_SEMCONV_STABILITY_OPT_IN: 'http',
      }
      const app = await startApp({
        file: 'apps/cluster/otel-instrumentations.cjs',
        preload: 'none',
        nodeArgs,
        env,
      })
      try {
        const port = await app.ready()
        await pageAfter(app, port, 3)
        await eventually(async () => {
          const counts = select(await app.page(), duration).map(({ value }) => value)
          assert.deepEqual(counts, [3])
        })
      } finally {
        await app.stop()
      }
    })
  }
})
