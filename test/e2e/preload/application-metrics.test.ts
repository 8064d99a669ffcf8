import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type App, eventually, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { type Sample, select, sum } from '../../support/prometheus/page.ts'

async function withApp(
  act: (app: App, port: number) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const app = await startApp({
    file: 'apps/metrics/application-metrics.mjs',
    preload: 'import',
    env,
  })
  try {
    await act(app, await app.ready())
  } finally {
    await app.stop()
  }
}

function totals(page: readonly Sample[]): object {
  return {
    online: sum(page, 'shop_orders_total', { kind: 'online' }),
    baskets: sum(page, 'shop_baskets'),
    amountCount: sum(page, 'shop_amount_count'),
    amountSum: sum(page, 'shop_amount_sum'),
    upTo10: sum(page, 'shop_amount_bucket', { le: '10.0' }),
  }
}

/** Buys `count` times. The two workers take turns. */
async function buy(port: number, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await get(port, '/buy')
}

test('Metrics of the application are merged across workers, with their scope', async () => {
  await withApp(async (app, port) => {
    await buy(port, 6)
    await eventually(async () => {
      const page = await app.page()
      const expected = { online: 12, baskets: 6, amountCount: 12, amountSum: 330, upTo10: 6 }
      assert.deepEqual(totals(page), expected)
      assert.equal(select(page, 'shop_orders_total', { kind: 'online' }).length, 1)
      assert.equal(sum(page, 'shop_orders_total', { kind: 'primary' }), 100)
      assert.equal(sum(page, 'shop_ticks_total'), 9)
      const gauges = select(page, 'shop_temperature')
      assert.deepEqual(gauges.map(({ value }) => value).sort(), [10, 20])
      assert.equal(new Set(gauges.map(({ labels }) => labels['worker_id'])).size, 2)
      const scope = { otel_scope_name: 'shop', otel_scope_version: '1.2.3' }
      assert.equal(sum(page, 'shop_orders_total', { kind: 'online', ...scope }), 12)
    })
  })
})

for (const [path, how] of [
  ['/leave', 'exits'],
  ['/disconnect', 'disconnects'],
] as const) {
  test(`No count is lost of a worker that ${how} in the turn in which it counted`, async () => {
    await withApp(async (app, port) => {
      await buy(port, 4)
      await get(port, path)
      await eventually(async () => {
        const page = await app.page()
        assert.equal(sum(page, 'gunicorn_worker_restart_total', { reason: 'exit' }), 1)
        assert.equal(sum(page, 'shop_orders_total', { kind: 'last' }), 1)
        assert.equal(sum(page, 'shop_orders_total', { kind: 'online' }), 8)
        assert.equal(sum(page, 'shop_baskets'), 4)
        assert.equal(sum(page, 'shop_amount_count'), path === '/leave' ? 9 : 8)
        assert.equal(sum(page, 'gunicorn_worker_requests_total'), 5)
      })
    })
  })
}

test('Totals stay after SIGKILL, except the up-down counters of the killed worker', async () => {
  await withApp(async (app, port) => {
    await buy(port, 4)
    await eventually(async () => assert.equal(sum(await app.page(), 'shop_baskets'), 4))
    const info = select(await app.page(), 'gunicorn_worker_info')
    process.kill(Number(info[0]?.labels['pid']), 'SIGKILL')
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'gunicorn_worker_restart_total', { reason: 'sigkill' }), 1)
      const expected = { online: 8, baskets: 2, amountCount: 8, amountSum: 220, upTo10: 4 }
      assert.deepEqual(totals(page), expected)
    })
  })
})

const stacks: Record<string, Record<string, string>> = {
  '': {},
  ' in a bundle': { ODD_STACK: 'webpack://shop/node_modules/@opentelemetry/api/build/index.js' },
  ' below a percent sign': { ODD_STACK: '/100%/node_modules/@opentelemetry/api/build/index.js' },
}
for (const [where, env] of Object.entries(stacks)) {
  test(`The page shows the metrics of an own MeterProvider${where}`, async () => {
    const app = await startApp({ file: 'apps/metrics/own-provider.cjs', env })
    try {
      const port = await app.ready()
      const { body } = await get(port, '/')
      const { registered, names } = JSON.parse(body)
      assert.equal(registered, true)
      assert.ok(names.includes('orders'), body)
      await eventually(async () => {
        const page = await app.page()
        assert.equal(sum(page, 'gunicorn_worker_requests_total'), 1)
        assert.equal(sum(page, 'orders_total'), 1)
        assert.equal(sum(page, 'early_total'), 1)
      })
      assert.equal(app.stderr(), '')
    } finally {
      await app.stop()
    }
  })
}

for (const isFrozen of [false, true]) {
  const sdk = isFrozen ? 'a frozen SDK' : 'an SDK'
  test(`Every kind of instrument reaches ${sdk} and the page`, async () => {
    const env: Record<string, string> = isFrozen ? { FROZEN: 'yes' } : {}
    const app = await startApp({ file: 'apps/metrics/shared-provider.cjs', env })
    try {
      const { body } = await get(await app.ready(), '/')
      const { values, isTheirs } = JSON.parse(body)
      assert.equal(isTheirs, !isFrozen)
      const expected = { sold: 3, baskets: 4, price: 44, heat: 21, seen: 7, queue: -2, level: 0.5 }
      assert.deepEqual(values, expected)
      await eventually(async () => {
        const page = await app.page()
        assert.equal(sum(page, 'sold_items_total', { kind: 'pen' }), 3)
        assert.equal(sum(page, 'baskets'), 4)
        assert.equal(sum(page, 'price_sum'), 44)
        assert.equal(sum(page, 'price_bucket', { le: '10.0' }), 1)
        assert.equal(sum(page, 'heat'), 21)
        assert.equal(sum(page, 'seen_total', { place: 'entrance' }), 7)
        assert.equal(sum(page, 'queue'), -2)
        assert.equal(sum(page, 'level', { tank: 'a' }), 0.5)
        assert.deepEqual(select(page, 'removed'), [])
        assert.equal(select(page, 'baskets')[0]?.labels['otel_scope_version'], '1.2.3')
      })
      assert.equal(app.stderr(), '')
    } finally {
      await app.stop()
    }
  })
}

test('An observable instrument that never answers hides no other instrument', async () => {
  const app = await startApp({ file: 'apps/metrics/slow-observable.cjs' })
  try {
    const port = await app.ready()
    for (let count = 1; count <= 3; count += 1) {
      await get(port, '/')
      await eventually(async () => {
        const page = await app.page()
        assert.equal(sum(page, 'gunicorn_worker_requests_total'), count)
        assert.equal(sum(page, 'orders_total'), count)
        const slow = { component: 'slow_observable' }
        assert.ok(sum(page, 'gunicorn_exporter_faults_total', slow) >= 1)
      })
    }
  } finally {
    await app.stop()
  }
})

test('Metrics of the application with names of ours are left out, counted and told', async () => {
  const app = await startApp({ file: 'apps/metrics/reserved-names.cjs' })
  try {
    const port = await app.ready()
    for (let count = 0; count < 3; count += 1) await get(port, '/')
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'gunicorn_worker_requests_total'), 3)
      assert.equal(sum(page, 'gunicorn_worker_request_duration_seconds_count'), 3)
      assert.equal(select(page, 'gunicorn_worker_memory_bytes').length, 2)
      assert.equal(sum(page, 'gunicorn_worker_jobs_total'), 14)
      const reserved = { reason: 'reserved_name' }
      // Five metrics in the shop, and the one under the scope of the exporter, of two workers.
      assert.equal(sum(page, 'gunicorn_exporter_dropped_series_total', reserved), 12)
    })
    const told = app.stderr().match(/(?<=the metric )\S+(?= of the application is left out)/g)
    assert.deepEqual(told?.sort(), [
      'gunicorn.worker.memory',
      'gunicorn_worker_request_duration_seconds_count',
      'gunicorn_worker_requests',
      'gunicorn_worker_requests_total',
      'gunicorn_worker_state',
    ])
  } finally {
    await app.stop()
  }
})

const failures = [
  'left, right failed, and its values are left out: threw a string: a text',
  'rejecting failed, and its values are left out: TypeError: rejected by a callback',
  'throwing failed, and its values are left out: RangeError: thrown by a callback',
]

test('Observable callbacks that fail are counted, told once, and hide no metric', async () => {
  const app = await startApp({ file: 'apps/metrics/failing-observables.cjs' })
  try {
    await get(await app.ready(), '/')
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'orders_total'), 1)
      assert.equal(sum(page, 'level'), 0.5)
      // Three callbacks in each of three reports.
      const failed = { component: 'failed_observable' }
      assert.ok(sum(page, 'gunicorn_exporter_faults_total', failed) >= 9)
    })
    assert.deepEqual(toldFailures(app.stderr()), failures)
  } finally {
    await app.stop()
  }
})

test('An observable callback that is slow and fails is counted and told as both', async () => {
  const env = { LATE: 'yes' }
  const app = await startApp({ file: 'apps/metrics/failing-observables.cjs', env })
  try {
    await get(await app.ready(), '/')
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'orders_total'), 1)
      for (const component of ['failed_observable', 'slow_observable'])
        assert.ok(sum(page, 'gunicorn_exporter_faults_total', { component }) >= 4, component)
    })
    const late = 'late failed, and its values are left out: SyntaxError: rejected late'
    const slow = 'late takes longer than 0.5 seconds, and the page keeps the last values'
    assert.deepEqual(toldFailures(app.stderr()), [late, slow, ...failures].sort())
  } finally {
    await app.stop()
  }
})

test('The line of a failed callback has no message where a setting hides messages', async () => {
  const env = { PROMETHEUS_ERROR_MESSAGES: 'false' }
  const app = await startApp({ file: 'apps/metrics/failing-observables.cjs', env })
  try {
    await get(await app.ready(), '/')
    await eventually(() => assert.equal(toldFailures(app.stderr()).length, 3))
    assert.match(
      app.stderr(),
      /throwing failed, and its values are left out: RangeError \(GPE_CALLBACK_FAILED\)\n/,
    )
  } finally {
    await app.stop()
  }
})

/** The ends of the lines about failed callbacks, in order of the alphabet. */
function toldFailures(stderr: string): string[] {
  const lines = stderr.matchAll(/the observable callback of (.*) \(GPE_\w+\)$/gm)
  return Array.from(lines, ([, end = '']) => end).sort()
}

test('The page omits an unsupported metric, logs and counts it, and shows the others', async () => {
  const app = await startApp({ file: 'apps/metrics/unsupported-metric.cjs' })
  try {
    await get(await app.ready(), '/')
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'orders_total'), 1)
      assert.deepEqual(select(page, 'wait_count'), [])
      assert.equal(
        sum(page, 'gunicorn_exporter_faults_total', { component: 'unsupported_metric' }),
        1,
      )
    })
    assert.match(app.stderr(), /^gunicorn-prometheus-exporter: the metric wait is left out: .*\n$/)
  } finally {
    await app.stop()
  }
})

test('Histograms are exponential if OTel’s variable says so, merged across workers', async () => {
  const name = 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION'
  const env = { [name]: 'base2_exponential_bucket_histogram' }
  await withApp(async (app, port) => {
    await buy(port, 4)
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'shop_amount_count'), 8)
      assert.equal(sum(page, 'shop_amount_bucket', { le: '+Inf' }), 8)
      // The bounds are powers of two. The advice of the application has no effect.
      assert.deepEqual(select(page, 'shop_amount_bucket', { le: '10.0' }), [])
    })
  }, env)
})
