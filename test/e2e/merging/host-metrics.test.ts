import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { DataPoint, ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { installHostMetrics, userSeconds } from '../../support/otel/host-metrics.ts'
import { type ReceivedPoint, startJsonReceiver } from '../../support/otel/json-receiver.ts'
import {
  type App,
  eventually,
  fetchText,
  fixtures,
  freePort,
  startApp,
} from '../../support/programs/app.ts'
import { startServe } from '../../support/programs/serve.ts'
import { steadyScraper } from '../../support/programs/steady-scraper.ts'
import { endOf, haveListened, startUpgradable, upgrade } from '../../support/programs/upgrade.ts'
import { type Sample, select, sum } from '../../support/prometheus/page.ts'
import { type RedisServer, sharing, startRedis } from '../../support/redis/redis.ts'
import { needed } from '../../support/tools.ts'

const file = 'apps/merging/host-metrics.cjs'
const user = {
  cpu: { system_cpu_state: 'user', system_cpu_logical_number: '0' },
  process: { process_cpu_state: 'user' },
} as const

/** The variables, and a real Redis; undefined where a program is missing. */
async function withRedis(
  context: TestContext,
): Promise<{ env: Record<string, string>; redis: RedisServer } | undefined> {
  const env = await hostMetrics(context)
  const redis = env && (await startRedis(context))
  return redis && { env, redis }
}

async function hostMetrics(context: TestContext): Promise<Record<string, string> | undefined> {
  const installed = needed(context, await installHostMetrics())
  return installed && { HOST_METRICS: installed.directory }
}

async function start(context: TestContext, env: Record<string, string>): Promise<App> {
  const app = await startApp({ file, env })
  context.after(() => app.stop())
  await app.ready()
  return app
}

/** Replaces both workers: the first is killed, the second exits. */
async function replaceWorkers(app: App): Promise<void> {
  const before = infos(await app.page())
  app.child.kill('SIGUSR2')
  await eventually(async () => {
    const now = infos(await app.page())
    assert.equal(now.length, 2)
    assert.ok(now.every((pid) => !before.includes(pid)))
  })
}

function infos(page: readonly Sample[]): (string | undefined)[] {
  return select(page, 'gunicorn_worker_info').map(({ labels }) => labels['pid'])
}

/** The seconds of one machine: no worker, alive or ended, adds to them. */
function assertHost(page: readonly Sample[], startedAt: number): void {
  const series = select(page, 'system_cpu_time_seconds_total', user.cpu)
  assert.equal(series.length, 1)
  assertOnce(series[0]?.value, startedAt)
  assert.equal(select(page, 'system_memory_usage', { system_memory_state: 'free' }).length, 1)
}

/** @param value seconds that the operating system shows once. */
function assertOnce(value: number | undefined, startedAt: number): void {
  assert.ok(value !== undefined && value >= startedAt - 0.01, `${value} after ${startedAt}`)
  assert.ok(value <= userSeconds() + 0.01, `${value} above ${userSeconds()}`)
}

async function assertPage(
  { page: read }: Pick<App, 'page'>,
  startedAt: number,
  workers: number,
): Promise<void> {
  await eventually(async () => {
    const page = await read()
    assertHost(page, startedAt)
    assert.ok(workersOf(page, 'process_cpu_time_seconds_total').size >= workers)
  })
}

function assertPushed(points: readonly ReceivedPoint[], startedAt: number): void {
  const seconds = points.filter(({ name, attributes }) => {
    const { 'system.cpu.state': state, 'system.cpu.logical_number': cpu } = attributes
    return name === 'system.cpu.time' && state === 'user' && Number(cpu) === 0
  })
  assert.equal(seconds.length, 1)
  assertOnce(seconds[0]?.value, startedAt)
  const own = points.filter(({ name }) => name === 'process.cpu.time')
  assert.ok(own.length >= 2 && own.every(({ attributes }) => attributes['worker_id']))
}

function workersOf(page: readonly Sample[], name: string, labels = {}): Set<string | undefined> {
  return new Set(select(page, name, labels).map(({ labels: all }) => all['worker_id']))
}

describe('Metrics of the host, observed by each worker,', () => {
  test('count once while workers are killed, end and are replaced', async (context) => {
    const env = await hostMetrics(context)
    if (!env) return
    const startedAt = userSeconds()
    const app = await start(context, env)
    let last = 0
    for (const workers of [2, 4]) {
      await eventually(async () => {
        const page = await app.page()
        assertHost(page, startedAt)
        const value = sum(page, 'system_cpu_time_seconds_total', user.cpu)
        assert.ok(value >= last, `${value} is below ${last}`)
        last = value
        assert.equal(workersOf(page, 'process_cpu_time_seconds_total', user.process).size, workers)
        assert.equal(workersOf(page, 'process_memory_usage').size, 2)
      })
      if (workers === 2) await replaceWorkers(app)
    }
  })

  test('count once in OTLP, in Redis, through serve and for a successor', async (context) => {
    const scene = await withRedis(context)
    if (!scene) return
    const { env, redis } = scene
    const startedAt = userSeconds()
    const receiver = await startJsonReceiver(context)
    const port = String(await freePort())
    const all = { ...env, ...sharing(redis.port), ...receiver.env, PROMETHEUS_METRICS_PORT: port }
    const sidecar = await startServe({ env: sharing(redis.port) })
    context.after(() => sidecar.stop())
    for (let run = 0; run < 2; run += 1) {
      const app = await start(context, all)
      if (run === 0) {
        // A worker that dies before its first report leaves no series.
        await assertPage(app, startedAt, 2)
        await replaceWorkers(app)
      }
      // The successor keeps the series of ended workers a while.
      for (const each of [app, sidecar]) await assertPage(each, startedAt, 4 + 2 * run)
      await eventually(() => assertPushed(receiver.points(), startedAt))
      await app.stop()
    }
  })

  test('count once through clusterMetricReaders', async (context) => {
    const env = await hostMetrics(context)
    if (!env) return
    const startedAt = userSeconds()
    const dataPort = String(await freePort())
    const app = await startApp({
      file,
      preload: 'none',
      nodeArgs: ['--require', join(fixtures, 'apps/sdk/sdk.cjs')],
      env: { ...env, SDK: 'bare', DATA_PORT: dataPort },
    })
    context.after(() => app.stop())
    await app.ready()
    const points = async (name: string): Promise<DataPoint<number>[]> => {
      const text = await fetchText(`http://127.0.0.1:${dataPort}/`)
      return (JSON.parse(text) as ScopeMetrics[])
        .flatMap(({ metrics }) => metrics)
        .filter(({ descriptor }) => descriptor.name === name)
        .flatMap(({ dataPoints }) => dataPoints as DataPoint<number>[])
    }
    for (const workers of [2, 4]) {
      await eventually(async () => {
        const [seconds, ...others] = (await points('system.cpu.time')).filter(({ attributes }) => {
          const { 'system.cpu.state': state, 'system.cpu.logical_number': cpu } = attributes
          return state === 'user' && Number(cpu) === 0
        })
        assert.deepEqual(others, [])
        assertOnce(seconds?.value, startedAt)
        const own = await points('process.cpu.time')
        const ids = new Set(own.map(({ attributes }) => attributes['worker_id']))
        assert.equal(ids.size, workers)
      })
      if (workers === 2) app.child.kill('SIGUSR2')
    }
  })

  test('never fall and never jump over a reload and an upgrade of the master', async (context) => {
    const env = await hostMetrics(context)
    if (!env) return
    const startedAt = userSeconds()
    const upgradable = await startUpgradable(context, undefined, {
      file: join(fixtures, 'apps/merging/host-metrics-server.cjs'),
      env,
    })
    const { master } = upgradable
    await haveListened(master, 4)
    await eventually(async () => assertHost(await master.page(), startedAt))
    const scraper = steadyScraper({ at: master.metricsPort })
    master.signal('SIGHUP')
    await haveListened(master, 8)
    const old = master.child.pid ?? 0
    await upgrade(upgradable)
    await haveListened(master, 12)
    process.kill(old, 'SIGTERM')
    await endOf(old)
    await eventually(async () => assertHost(await master.page(), startedAt))
    await scraper.stop()
    const name = /system_cpu_time_seconds_total\{.*"user"/
    assert.deepEqual(
      scraper.faults.filter((fault) => name.test(fault)),
      [],
    )
    assert.ok([...scraper.totals().keys()].some((series) => name.test(series)))
  })

  test('follow the rules of the user', async (context) => {
    const env = await hostMetrics(context)
    if (!env) return
    const rules =
      'system.cpu.*=per_worker,@opentelemetry/host-metrics/system.memory.*=omit,system.*=default'
    const app = await start(context, { ...env, GUNICORN_MERGE_RULES: rules })
    await eventually(async () => {
      const page = await app.page()
      assert.equal(workersOf(page, 'system_cpu_time_seconds_total', user.cpu).size, 2)
      assert.deepEqual(select(page, 'system_memory_usage'), [])
      assert.ok(sum(page, 'gunicorn_exporter_dropped_series_total', { reason: 'omitted' }) >= 2)
    })
  })
})
