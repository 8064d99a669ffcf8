import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type {
  DataPoint,
  ExponentialHistogram,
  Histogram,
  ScopeMetrics,
} from '@opentelemetry/sdk-metrics'
import { bucketBound } from '../../../src/model/exponential.ts'
import {
  type App,
  eventually,
  fetchText,
  fixtures,
  freePort,
  preloadFlags,
  startApp,
} from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { parsePage, type Sample, select, sum } from '../../support/prometheus/page.ts'

type AnyPoint = DataPoint<number | Histogram | ExponentialHistogram>

interface Running {
  readonly app: App
  readonly port: number
  /** All data of the primary's SDK now. */
  readonly data: () => Promise<ScopeMetrics[]>
}

const ways: Record<string, { nodeArgs: string[]; env: Record<string, string> }> = {
  'NodeSDK, required': { nodeArgs: ['--require', sdk('sdk.cjs')], env: { SDK: 'node' } },
  'NodeSDK, imported': { nodeArgs: ['--import', sdk('sdk.mjs')], env: {} },
  'a bare MeterProvider': { nodeArgs: ['--require', sdk('sdk.cjs')], env: { SDK: 'bare' } },
}

function sdk(file: string): string {
  return join(fixtures, 'apps/sdk', file)
}

async function withSdk(
  act: (running: Running) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
  way = 'NodeSDK, required',
): Promise<void> {
  const dataPort = await freePort()
  const { nodeArgs = [], env: own = {} } = ways[way] ?? {}
  const app = await startApp({
    file: 'apps/sdk/sdk-cluster.cjs',
    preload: 'none',
    nodeArgs,
    env: { DATA_PORT: String(dataPort), ...own, ...env },
  })
  try {
    const port = await app.ready()
    const data = async (): Promise<ScopeMetrics[]> =>
      JSON.parse(await fetchText(`http://127.0.0.1:${dataPort}/`))
    await act({ app, port, data })
  } finally {
    await app.stop()
  }
}

/** Buys `count` times; the two workers take turns. */
async function buy(port: number, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await get(port, '/buy?size=3&size=700')
}

function pointsOf(data: readonly ScopeMetrics[], name: string): AnyPoint[] {
  const metrics = data
    .flatMap(({ metrics: some }) => some)
    .filter(({ descriptor }) => descriptor.name === name)
  assert.ok(metrics.length <= 1, `${name} is there ${metrics.length} times`)
  return (metrics[0]?.dataPoints ?? []) as AnyPoint[]
}

function exponentialOf(data: readonly ScopeMetrics[], name: string): ExponentialHistogram {
  const [point, ...others] = pointsOf(data, name)
  assert.equal(others.length, 0)
  return point?.value as ExponentialHistogram
}

/** How many values of the histogram are in the bucket of this value. */
function countAt({ scale, positive }: ExponentialHistogram, value: number): number | undefined {
  return positive.bucketCounts.find((_, index) => {
    const [low, high] = [0, 1].map((end) => bucketBound(positive.offset + index + end, scale))
    return value > (low ?? NaN) && value <= (high ?? NaN)
  })
}

function orders(page: readonly Sample[], kind: string): number {
  return sum(page, 'shop_orders_total', { kind })
}

test('The httpMetrics of GunicornInstrumentation add up over the workers', async () => {
  await withSdk(
    async ({ app, port }) => {
      await buy(port, 6)
      await eventually(async () => {
        const page = await app.page()
        const name = 'http_server_request_duration_seconds_count'
        const [series, ...others] = select(page, name, { http_route: '/buy' })
        assert.deepEqual(others, [])
        assert.equal(series?.value, 6)
        assert.equal(series?.labels['worker_id'], undefined)
        assert.equal(series?.labels['http_response_status_code'], '200')
        assert.equal(sum(page, 'gunicorn_worker_requests_total'), 6)
        const active = select(page, 'http_server_active_requests')
        assert.deepEqual(
          active.map(({ value }) => value),
          [0],
        )
      })
    },
    { HTTP_METRICS: 'true' },
  )
})

test('The next primary with an SDK removes the files of a killed primary', async (context) => {
  const directory = await temporaryDirectory(context)
  const names = (): string[] => readdirSync(join(directory, String(readdirSync(directory))))
  await withSdk(async () => {}, { TMPDIR: directory })
  const killed = names()
  assert.match(String(killed), /^\d+-[\da-f]{12}-[\da-f]{32}\.sdk$/)
  await withSdk(
    async () => {
      assert.equal(names().length, 1)
      assert.notDeepEqual(names(), killed)
    },
    { TMPDIR: directory },
  )
})

for (const way of Object.keys(ways)) {
  test(`With ${way}, the primary's exporters merge the metrics of all processes`, async () => {
    await withSdk(
      async ({ app, port, data }) => {
        await buy(port, 6)
        await eventually(async () => {
          const page = await app.page()
          const scope = { otel_scope_name: 'shop', otel_scope_version: '1.2.3' }
          // 7 are the primary's own.
          assert.equal(sum(page, 'shop_orders_total', { kind: 'online', ...scope }), 19)
          assert.equal(select(page, 'shop_orders_total', { kind: 'online' }).length, 1)
          assert.equal(orders(page, 'primary'), 100)
          assert.equal(sum(page, 'shop_baskets'), 6)
          assert.equal(sum(page, 'shop_amount_EUR_count'), 12)
          assert.equal(sum(page, 'shop_amount_EUR_sum'), 330)
          assert.equal(sum(page, 'shop_amount_EUR_bucket', { le: '10' }), 6)
          assert.equal(sum(page, 'shop_ticks_total'), 9)
          assert.equal(sum(page, 'shop_queue'), -6)
          const gauges = select(page, 'shop_temperature')
          assert.deepEqual(
            gauges.map(({ value }) => value).sort((a, b) => a - b),
            [5, 10, 20],
          )
          assert.equal(new Set(gauges.map(({ labels }) => labels['worker_id'])).size, 3)
        })
        const all = await data()
        const histogram = exponentialOf(all, 'shop.size')
        assert.equal(histogram.count, 13)
        assert.equal(histogram.sum, 6 * 703 + 1)
        assert.deepEqual([histogram.min, histogram.max], [1, 700])
        assert.deepEqual(
          [1, 3, 700].map((value) => countAt(histogram, value)),
          [1, 6, 6],
        )
        const [metric] = all
          .flatMap(({ metrics }) => metrics)
          .filter(({ descriptor }) => descriptor.name === 'shop.orders')
        assert.equal(metric?.descriptor.unit, '{order}')
        assert.equal(metric?.descriptor.description, 'Orders taken.')
        assert.equal(metric?.aggregationTemporality, 1)
      },
      {},
      way,
    )
  })

  test(`With ${way}, every gunicorn metric appears once, with the workers' ids`, async () => {
    await withSdk(
      async ({ app, port }) => {
        await buy(port, 4)
        await eventually(async () => {
          const page = await app.page()
          const ids = select(page, 'gunicorn_worker_requests_total').map(
            ({ labels }) => labels['worker_id'],
          )
          assert.deepEqual(ids.map((id) => id?.replace(/\d{10}$/, '')).sort(), [
            'worker_1_',
            'worker_2_',
          ])
          assert.equal(sum(page, 'gunicorn_worker_requests_total'), 4)
          assert.equal(sum(page, 'gunicorn_worker_request_duration_seconds_count'), 4)
          assert.equal(sum(page, 'gunicorn_worker_responses_total', { status_code: '200' }), 4)
          assert.equal(sum(page, 'gunicorn_worker_state', { state: 'running' }), 2)
          assert.equal(select(page, 'gunicorn_worker_report_age_seconds').length, 2)
          assert.equal(sum(page, 'gunicorn_master_workers', { state: 'listening' }), 2)
          assert.equal(select(page, 'gunicorn_exporter_scrapes_total').length, 0)
        })
        const page = await app.page()
        const series = page.map(({ name, labels }) => name + JSON.stringify(labels))
        assert.equal(new Set(series).size, series.length)
        assert.ok(page.every(({ labels }) => !('exported_worker_id' in labels)))
        const text = await fetchText(app.metricsUrl)
        const types = text.match(/^# TYPE \S+/gm) ?? []
        assert.equal(new Set(types).size, types.length)
      },
      {},
      way,
    )
  })
}

describe('The exporters keep the counts of a worker', () => {
  for (const [path, how] of [
    ['/exit', 'exits'],
    ['/disconnect', 'disconnects'],
  ] as const) {
    test(`that ${how} in the turn it counted`, async () => {
      await withSdk(async ({ app, port, data }) => {
        await buy(port, 4)
        await get(port, path)
        await eventually(async () => {
          const page = await app.page()
          assert.equal(sum(page, 'gunicorn_worker_restart_total', { reason: 'exit' }), 1)
          assert.equal(orders(page, 'last'), 1)
          assert.equal(orders(page, 'online'), 15)
          // Of its own observable instruments too.
          assert.equal(sum(page, 'gunicorn_worker_requests_total'), 5)
          const histogram = exponentialOf(await data(), 'shop.size')
          assert.equal(histogram.count, 10)
          assert.equal(countAt(histogram, 1_000), 1)
        })
      })
    })
  }

  test('that is killed after its report, except up-down counters', async () => {
    await withSdk(async ({ app, port, data }) => {
      await buy(port, 4)
      await eventually(async () => assert.equal(sum(await app.page(), 'shop_baskets'), 4))
      const info = select(await app.page(), 'gunicorn_worker_info')
      process.kill(Number(info[0]?.labels['pid']), 'SIGKILL')
      await eventually(async () => {
        const page = await app.page()
        assert.equal(sum(page, 'gunicorn_worker_restart_total', { reason: 'sigkill' }), 1)
        assert.equal(orders(page, 'online'), 15)
        assert.equal(sum(page, 'shop_baskets'), 2)
        assert.equal(exponentialOf(await data(), 'shop.size').count, 9)
        assert.equal(sum(page, 'gunicorn_master_workers', { state: 'live' }), 1)
      })
    })
  })

  test('whose last report is too large for the channel', async () => {
    await withSdk(async ({ app, port }) => {
      await get(port, '/many').catch(() => {})
      await eventually(async () => {
        const page = await app.page()
        assert.equal(select(page, 'shop_items_total').length, 15_000)
        assert.equal(sum(page, 'gunicorn_worker_failed_requests_total'), 1)
      })
    })
  })

  test('that is killed right after it flushed', async () => {
    await withSdk(async ({ app, port }) => {
      const { body } = await get(port, '/flush')
      process.kill(Number(body), 'SIGKILL')
      await eventually(async () => {
        const page = await app.page()
        assert.equal(sum(page, 'gunicorn_worker_restart_total', { reason: 'sigkill' }), 1)
        assert.equal(orders(page, 'flushed'), 1)
      })
    })
  })

  test('that shuts its SDK down, and ignore later values', async () => {
    await withSdk(async ({ app, port }) => {
      const { body } = await get(port, '/shutdown')
      process.kill(Number(body), 'SIGTERM')
      await eventually(async () => {
        const page = await app.page()
        assert.equal(sum(page, 'gunicorn_worker_restart_total', { reason: 'sigterm' }), 1)
        assert.equal(orders(page, 'shut down'), 1)
        assert.ok(Number.isNaN(orders(page, 'too late')))
      })
    })
  })
})

test('An invalid report and a report out of sequence lose no counts', async () => {
  await withSdk(async ({ app, port }) => {
    await buy(port, 2)
    await get(port, '/garbage')
    await get(port, '/garbage')
    await buy(port, 2)
    await eventually(async () => {
      const page = await app.page()
      assert.equal(orders(page, 'online'), 15)
      const outcome = (name: string): number =>
        sum(page, 'gunicorn_exporter_reports_total', { result: name })
      assert.equal(outcome('refused'), 4)
      assert.ok(outcome('out_of_sequence') >= 2)
    })
  })
})

test('Views of the workers apply to names, attributes, buckets, and dropped metrics', async () => {
  await withSdk(
    async ({ port, data }) => {
      await buy(port, 4)
      await eventually(async () => {
        const all = await data()
        const of = (name: string): AnyPoint[] => pointsOf(all, name)
        assert.deepEqual(
          of('app_requests_total').map(({ value }) => value),
          [2, 2],
        )
        const ids = of('app_requests_total').map(({ attributes }) => attributes['worker_id'])
        assert.equal(new Set(ids).size, 2)
        assert.deepEqual(of('gunicorn_worker_requests_total'), [])
        const durations = of('gunicorn_worker_request_duration_seconds')
        const exponential = durations.map(({ value }) => value as ExponentialHistogram)
        assert.deepEqual(
          exponential.map(({ count }) => count),
          [2, 2],
        )
        assert.ok(exponential.every(({ scale }) => Number.isInteger(scale)))
        const bounds = of('gunicorn_worker_response_size_bytes').map(
          ({ value }) => (value as Histogram).buckets.boundaries,
        )
        assert.deepEqual(bounds, [
          [3, 30],
          [3, 30],
        ])
        assert.deepEqual(of('gunicorn_worker_memory_bytes'), [])
        const responses = of('gunicorn_worker_responses_total')
        assert.deepEqual(
          responses.map(({ attributes }) => Object.keys(attributes)),
          [['worker_id'], ['worker_id']],
        )
        assert.deepEqual(
          of('shop.sales').map(({ value, attributes }) => [value, attributes]),
          [[115, {}]],
        )
      })
    },
    { VIEWS: 'on' },
  )
})

test('Every series has a worker_id if the setting says so', async () => {
  await withSdk(
    async ({ app, port }) => {
      await buy(port, 4)
      await eventually(async () => {
        const page = await app.page()
        const own = select(page, 'shop_orders_total', { kind: 'online' })
        assert.deepEqual(own.map(({ value }) => value).sort(), [4, 4, 7])
      })
    },
    { KEEP_WORKER_ID: 'true' },
  )
})

test('Beside the preload, neither its page nor the SDK counts anything twice', async () => {
  const exporterPort = await freePort()
  const env = { NODE_OPTIONS: preloadFlags('require').join(' '), SDK_PORT: String(exporterPort) }
  await withSdk(async ({ app, port }) => {
    await buy(port, 4)
    const sdkUrl = `http://127.0.0.1:${exporterPort}/metrics`
    await eventually(async () => {
      for (const page of [await app.page(), parsePage(await fetchText(sdkUrl))]) {
        assert.equal(answered(page), 4)
        assert.equal(sum(page, 'gunicorn_master_workers', { state: 'live' }), 2)
        assert.equal(orders(page, 'online'), 15)
      }
    })
    await get(port, '/exit')
    await eventually(async () => {
      for (const page of [await app.page(), parsePage(await fetchText(sdkUrl))]) {
        assert.equal(answered(page), 5)
        assert.equal(sum(page, 'gunicorn_worker_restart_total', { reason: 'exit' }), 1)
        assert.equal(orders(page, 'last'), 1)
      }
    })
    await get(port, '/throw').catch(() => {})
    await eventually(async () => {
      for (const page of [await app.page(), parsePage(await fetchText(sdkUrl))]) {
        assert.equal(sum(page, 'gunicorn_worker_restart_total', { reason: 'error' }), 1)
      }
      assert.equal(app.stderr().match(/\(pid:\d+\) ended: /g)?.length, 1)
    })
  }, env)
})

/** By the workers: the preload sees those of the SDK's exporter too, which the primary answers. */
function answered(page: readonly Sample[]): number {
  const own = page.filter(({ labels }) => /^worker_[1-9]/.test(labels['worker_id'] ?? ''))
  return sum(own, 'gunicorn_worker_requests_total')
}

test('An uncaught error of a worker is one line on the primary’s stderr', async () => {
  await withSdk(async ({ app, port }) => {
    await get(port, '/throw').catch(() => {})
    await eventually(() => {
      const lines = app.stderr().match(/^.*\(pid:\d+\) ended: .*$/gm) ?? []
      assert.equal(lines.length, 1)
      const [text = ''] = lines
      assert.match(text, /^gunicorn-\S+: Worker worker_\S+ .* error \(crash, code 1\) /)
      assert.match(text, /; TypeError: no basket 7 \(GPE_WORKER_DIED\)$/)
    })
  })
})

test('Workers that listen with exclusive count as listening in the primary', async () => {
  await withSdk(
    async ({ port, data }) => {
      await get(port, '/buy')
      await eventually(async () => {
        const workers = pointsOf(await data(), 'gunicorn_master_workers')
        const listening = workers.find(({ attributes }) => attributes['state'] === 'listening')
        assert.equal(listening?.value, 2)
      })
    },
    { EXCLUSIVE: 'yes' },
  )
})

test('Metrics of the application with names of ours are left out in the primary', async () => {
  await withSdk(
    async ({ port, data }) => {
      await buy(port, 3)
      await eventually(async () => {
        const all = await data()
        const requests = pointsOf(all, 'gunicorn_worker_requests_total')
        assert.equal(
          requests.reduce((sum, { value }) => sum + Number(value), 0),
          3,
        )
        assert.equal(pointsOf(all, 'shop.level').length, 3)
        for (const name of ['gunicorn_worker_requests', 'gunicorn.worker.memory'])
          assert.deepEqual(pointsOf(all, name), [], name)
        const dropped = pointsOf(all, 'gunicorn_exporter_dropped_series_total')
        const reserved = dropped.find(({ attributes }) => attributes['reason'] === 'reserved_name')
        assert.equal(reserved?.value, 4)
      })
    },
    { RESERVED: 'yes' },
  )
})

test('A failing observable callback of a worker is told once, and hides no metric', async () => {
  await withSdk(
    async ({ app, port, data }) => {
      await buy(port, 2)
      await eventually(async () => {
        const level = pointsOf(await data(), 'shop.level')
        // The primary and two workers.
        assert.equal(level.length, 3)
        const told = `${app.stdout()}${app.stderr()}`.match(/^.*an observable callback .*$/gm)
        assert.deepEqual(told, [failure, failure])
      })
      // Two more reports of each worker.
      await get(port, '/flush')
      await get(port, '/flush')
      assert.equal(`${app.stdout()}${app.stderr()}`.split(failure).length, 3)
    },
    { FAILING: 'yes' },
  )
})

const failure =
  'gunicorn-prometheus-exporter: an observable callback failed, and its values are left out: ' +
  'RangeError: no shelf (GPE_CALLBACK_FAILED)'

test('A single process has its own metrics, at once and once', async () => {
  await withSdk(
    async ({ app, port }) => {
      await buy(port, 2)
      const page = await app.page()
      assert.equal(orders(page, 'online'), 4)
      assert.equal(sum(page, 'shop_temperature'), 0)
      // Those of the exporter's own server are among them.
      assert.ok(sum(page, 'gunicorn_worker_requests_total') >= 2)
      assert.equal(select(page, 'gunicorn_worker_requests_total').length, 1)
      assert.equal(select(page, 'gunicorn_master_workers').length, 0)
    },
    { WORKERS: '0' },
  )
})

test('An SDK that is shut down leaves nothing in the primary or in a worker', async () => {
  const app = await startApp({ file: 'apps/sdk/sdk-leftovers.cjs', preload: 'none' })
  try {
    assert.deepEqual(await app.ended, { code: 0, signal: null })
    assert.equal(app.stderr(), '')
    const { primary, worker, seen } = JSON.parse(app.stdout())
    assert.equal(seen, 5)
    assert.deepEqual(primary.after, primary.before)
    assert.notDeepEqual(worker.during, worker.before)
    assert.deepEqual(worker.after, worker.before)
  } finally {
    await app.stop()
  }
})

for (const way of Object.keys(ways)) {
  test(`With ${way}, a program without work ends by itself`, async () => {
    const { nodeArgs = [], env = {} } = ways[way] ?? {}
    const app = await startApp({
      file: 'apps/single/silent.cjs',
      args: ['/dev/null'],
      preload: 'none',
      nodeArgs,
      env: { DATA_PORT: String(await freePort()), ...env },
    })
    try {
      assert.deepEqual(await app.ended, { code: 0, signal: null })
    } finally {
      await app.stop()
    }
  })
}
