import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { DataPoint, Histogram, ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { startJsonReceiver } from '../../support/otel/json-receiver.ts'
import { eventually, fetchText, fixtures, freePort, startApp } from '../../support/programs/app.ts'
import { startServe } from '../../support/programs/serve.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { faultsOf } from '../../support/prometheus/exposition.ts'
import { parsePage, type Sample, select, sum } from '../../support/prometheus/page.ts'
import { sharing, startRedis } from '../../support/redis/redis.ts'

const file = 'apps/merging/collisions.cjs'

/** Of each worker, 1 and 10: two workers have 22. */
function assertSums(page: readonly Sample[], workers: number): void {
  const names = ['schema_orders', 'mixed_orders', 'code_orders', 'blank_orders']
  for (const name of names) {
    const series = select(page, `${name}_total`)
    assert.deepEqual(
      series.map(({ value }) => value),
      [11 * workers],
      name,
    )
  }
  assert.equal(sum(page, 'code_time_sum', { code: '200' }), 11 * workers)
  assert.equal(sum(page, 'code_time_count', { code: '200' }), 2 * workers)
  assert.equal(sum(page, 'unit_time_seconds_total'), workers)
  assert.equal(sum(page, 'unit_time_milliseconds_total'), 10 * workers)
}

function dropped(page: readonly Sample[], reason: string): number {
  return sum(page, 'gunicorn_exporter_dropped_series_total', { reason })
}

describe('Metrics and series whose names collide', () => {
  test('have right values on the page, in OTLP, in Redis and through serve', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const receiver = await startJsonReceiver(context)
    const env = { ...sharing(redis.port), ...receiver.env }
    const app = await startApp({ file, env })
    context.after(() => app.stop())
    await app.ready()
    const sidecar = await startServe({ env: sharing(redis.port) })
    context.after(() => sidecar.stop())
    for (const { page: read } of [app, sidecar]) {
      await eventually(async () => {
        const page = await read()
        assertSums(page, 2)
        assert.equal(select(page, 'code_heat').length, 2)
        assert.equal(sum(page, 'depth_total'), 2)
        assert.equal(sum(page, 'depth'), 20)
      })
    }
    // With Redis, the page shows the counts of an earlier page.
    await eventually(async () => {
      const page = await app.page()
      assert.equal(dropped(page, 'label_clash'), 2)
      assert.equal(dropped(page, 'repeated_gauge'), 2)
    })
    assert.deepEqual(faultsOf(await fetchText(app.metricsUrl), 'prometheus'), [])
    await eventually(() => assertPushed(receiver.points()))
  })

  test('have right values after all workers were replaced', async (context) => {
    const app = await startApp({ file })
    context.after(() => app.stop())
    await app.ready()
    await eventually(async () => assertSums(await app.page(), 2))
    app.child.kill('SIGUSR2')
    await eventually(async () => {
      const page = await app.page()
      assertSums(page, 4)
      assert.equal(select(page, 'code_heat').length, 2)
    })
  })

  test('are told and counted where OpenMetrics cannot show both', async (context) => {
    const app = await startApp({ file })
    context.after(() => app.stop())
    await app.ready()
    await eventually(async () => assertSums(await app.page(), 2))
    assert.equal(app.stderr(), '')
    const accept = { accept: 'application/openmetrics-text; version=1.0.0' }
    for (let count = 0; count < 2; count += 1) {
      const text = await fetchText(app.metricsUrl, accept)
      assert.deepEqual(faultsOf(text, 'openmetrics'), [])
      const page = parsePage(text)
      assert.equal(sum(page, 'depth_total'), 2)
      assert.deepEqual(select(page, 'depth'), [])
    }
    const page = await app.page()
    assert.equal(dropped(page, 'name_clash'), 1)
    assert.equal(sum(page, 'depth'), 20)
    await eventually(() => {
      const lines = app.stderr().match(/the page leaves out a metric named depth: /g) ?? []
      assert.equal(lines.length, 1, app.stderr())
    })
  })

  test('are told and counted once by serve, too', async (context) => {
    const directory = await temporaryDirectory(context)
    const app = await startApp({ file, env: { PROMETHEUS_SHARED_DIR: directory } })
    context.after(() => app.stop())
    await app.ready()
    const sidecar = await startServe({ args: ['--shared-dir', directory] })
    context.after(() => sidecar.stop())
    await eventually(async () => assert.equal(sum(await sidecar.page(), 'depth'), 20))
    const lines = (): string[] =>
      sidecar.stderr().match(/the page leaves out a metric named depth: /g) ?? []
    assert.deepEqual(lines(), [])
    const accept = { accept: 'application/openmetrics-text; version=1.0.0' }
    for (let count = 0; count < 2; count += 1) {
      const text = await fetchText(sidecar.metricsUrl, accept)
      assert.deepEqual(faultsOf(text, 'openmetrics'), [])
      assert.deepEqual(select(parsePage(text), 'depth'), [])
    }
    const page = await sidecar.page()
    const counted = select(page, 'gunicorn_exporter_dropped_series_total', { reason: 'name_clash' })
    const own = counted.find(({ labels }) => labels['instance'] === undefined)
    assert.equal(own?.value, 1)
    await eventually(() => assert.equal(lines().length, 1, sidecar.stderr()))
  })

  test('have right values in a single process', async (context) => {
    const app = await startApp({ file, env: { WORKERS: '0' } })
    context.after(() => app.stop())
    await app.ready()
    await eventually(async () => assertSums(await app.page(), 1))
  })

  for (const workers of [0, 2]) {
    const where = workers === 0 ? 'a single process' : 'two workers'
    test(`have right values through clusterMetricReaders, with ${where}`, async (context) => {
      const dataPort = await freePort()
      const app = await startApp({
        file,
        preload: 'none',
        nodeArgs: ['--require', join(fixtures, 'apps/sdk/sdk.cjs')],
        env: { SDK: 'bare', DATA_PORT: String(dataPort), WORKERS: String(workers) },
      })
      context.after(() => app.stop())
      await app.ready()
      await eventually(async () => {
        const text = await fetchText(`http://127.0.0.1:${dataPort}/`)
        assertCollected(JSON.parse(text) as ScopeMetrics[], Math.max(1, workers))
        // The page of OpenTelemetry's PrometheusExporter.
        const codes = select(await app.page(), 'code_orders_total')
        assert.deepEqual(
          codes.map(({ value }) => value),
          [11 * Math.max(1, workers)],
        )
      })
    })
  }
})

const schema = 'https://schemas.test/1.30.0'

function assertPushed(
  points: ReturnType<Awaited<ReturnType<typeof startJsonReceiver>>['points']>,
): void {
  const of = (name: string): unknown[] =>
    points
      .filter((point) => point.name === name)
      .map(({ type, value, schemaUrl }) => [type, value, schemaUrl])
  assert.deepEqual(of('schema.orders'), [['double', 22, schema]])
  assert.deepEqual(of('schema.alone'), [['double', 2, schema]])
  assert.deepEqual(of('mixed.orders'), [['double', 22, '']])
  assert.deepEqual(of('whole.orders'), [['int', 22, '']])
  assert.deepEqual(of('blank.orders'), [['double', 22, '']])
  // OTLP tells a number from its text.
  assert.deepEqual(of('code.orders'), [
    ['double', 2, ''],
    ['double', 20, ''],
  ])
  const times = points.filter(({ name }) => name === 'unit.time')
  assert.deepEqual(
    times.map(({ unit, value }) => [unit, value]),
    [
      ['s', 2],
      ['ms', 20],
    ],
  )
  assert.equal(of('depth').length, 3)
}

function assertCollected(data: readonly ScopeMetrics[], workers: number): void {
  const of = (name: string): unknown[] =>
    data.flatMap(({ scope, metrics }) =>
      metrics
        .filter(({ descriptor }) => descriptor.name === name)
        .flatMap(({ dataPoints, descriptor }) =>
          (dataPoints as DataPoint<number | Histogram>[]).map(({ value }) => [
            value,
            descriptor.valueType as number,
            scope.schemaUrl,
          ]),
        ),
    )
  const [int, double] = [0, 1]
  const valuesOf = (name: string): unknown[] => of(name).map((row) => (row as unknown[])[0])
  assert.deepEqual(of('schema.orders'), [[11 * workers, double, schema]])
  assert.deepEqual(
    of('mixed.orders').map((row) => (row as unknown[]).slice(0, 2)),
    [[11 * workers, double]],
  )
  assert.deepEqual(
    of('whole.orders').map((row) => (row as unknown[]).slice(0, 2)),
    [[11 * workers, int]],
  )
  assert.deepEqual(valuesOf('code.orders'), [workers, 10 * workers])
  assert.deepEqual(
    valuesOf('mixed.heat'),
    Array.from({ length: workers }, () => 10),
  )
  assert.equal(of('depth').length, 1 + workers)
}
