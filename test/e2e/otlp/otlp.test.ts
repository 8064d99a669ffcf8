import assert from 'node:assert/strict'
import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ownScope } from '../../../src/model/own-scope.ts'
import { version } from '../../../src/model/version.ts'
import { authorities, scratchDirectory } from '../../support/endpoint/certificates.ts'
import { tokenGate } from '../../support/endpoint/token-gate.ts'
import { type Collector, startCollector, toFile } from '../../support/otel/collector.ts'
import { type Push, type PushedPoint, readPushes } from '../../support/otel/otlp-file.ts'
import {
  type App,
  type AppOptions,
  eventually,
  fixtures,
  freePort,
  startApp,
} from '../../support/programs/app.ts'
import { get, load } from '../../support/programs/load.ts'
import { withMaster } from '../../support/programs/master.ts'
import { underLoad } from '../../support/programs/steady-load.ts'
import { sum } from '../../support/prometheus/page.ts'
import { prometheusTools, startPrometheus } from '../../support/prometheus/prometheus.ts'
import { need, needed, otelcol } from '../../support/tools.ts'

const root = join(import.meta.dirname, '../../..')
const directory = scratchDirectory()
/** Seconds without a Collector, and seconds of load. The variables allow longer runs. */
const outageMs = 1_000 * Number(process.env['OUTAGE_SECONDS'] ?? 4)
const watchMs = 1_000 * Number(process.env['WATCH_SECONDS'] ?? 10)

describe('The last push, right after a burst, has the final totals', () => {
  for (const { ends, workers, end, signal, code } of [
    { ends: 'a primary calls process.exit()', workers: 4, end: 'exit', signal: 'SIGUSR2', code: 3 },
    { ends: 'a primary throws', workers: 4, end: 'throw', signal: 'SIGUSR2', code: 1 },
    { ends: 'a primary handles SIGTERM', workers: 4, end: 'exit', signal: 'SIGTERM', code: 3 },
    { ends: 'a single process exits', workers: 0, end: 'exit', signal: 'SIGUSR2', code: 3 },
    { ends: 'a single process handles SIGINT', workers: 0, end: 'exit', signal: 'SIGINT', code: 3 },
    {
      ends: 'a single process has no more to do',
      workers: 0,
      end: 'natural',
      signal: 'SIGUSR2',
      code: 0,
    },
  ] as const) {
    test(`when ${ends}`, async (context) => {
      await withPipeline(context, async ({ pushes, environment }) => {
        const env = { ...environment, WORKERS: `${workers}`, END: end, END_SIGNAL: signal }
        await withApp({ file: 'apps/cluster/pushed.cjs', env }, async (app) => {
          const count = 1_500
          await load({ port: await app.ready(), paths: ['/'], count, connections: 8 })
          app.child.kill(signal)
          assert.deepEqual(await app.ended, { code, signal: null })
          const { points } = await lastPush(pushes)
          assertTotals(points, count)
          assert.equal(total(points, 'gunicorn_worker_requests_total'), count)
          assert.equal(total(points, 'http.server.request.duration'), count)
          assert.equal(total(points, 'http.server.active_requests'), 0)
        })
      })
    })
  }

  test('when a master of `run` stops', async (context) => {
    await withPipeline(context, async ({ pushes, environment }) => {
      const env = { ...environment, OTEL_METRICS_EXPORTER: 'prometheus,otlp' }
      await withMaster({ options: ['--workers', '3'], env }, async (master) => {
        await master.serving(3)
        await load({ port: master.port, paths: ['/'], count: 900, connections: 8 })
        master.signal('SIGTERM')
        assert.deepEqual(await master.ended, { code: 0, signal: null })
        const { points } = await lastPush(pushes)
        assert.equal(total(points, 'gunicorn_worker_requests_total'), 900)
        const ends = of(points, 'gunicorn_worker_restart_total').filter(({ value }) => value > 0)
        assert.equal(ends.length, 3)
      })
    })
  })

  test('except those of a worker that hangs, and waits for no worker', async (context) => {
    await withPipeline(context, async ({ pushes, environment }) => {
      const env = { ...environment, WORKERS: '2' }
      await withApp({ file: 'apps/cluster/pushed.cjs', env }, async (app) => {
        const port = await app.ready()
        const pids = await Promise.all(
          Array.from({ length: 20 }, async () => Number((await get(port, '/')).body)),
        )
        const [hung = 0] = pids
        const others = pids.filter((pid) => pid !== hung)
        process.kill(hung, 'SIGSTOP')
        app.child.kill('SIGUSR2')
        // The stopped worker still holds the pipes, so the whole group must end.
        await eventually(() => assert.equal(app.child.exitCode, 3))
        const { points } = await lastPush(pushes)
        const counts = of(points, 'gunicorn_worker_requests_total').map(({ value }) => value)
        assert.ok(others.length > 0 && counts.includes(others.length), String(counts))
      })
    })
  })

  test('or ends in time without a Collector', async () => {
    const env = { ...pushing(`127.0.0.1:${await freePort()}`), END: 'exit' }
    await withApp({ file: 'apps/cluster/pushed.cjs', env }, async (app) => {
      await get(await app.ready(), '/')
      app.child.kill('SIGUSR2')
      assert.deepEqual(await app.ended, { code: 3, signal: null })
    })
  })
})

describe('Pushes name', () => {
  test('the process that pushes and the worker of each point', async (context) => {
    await withPipeline(context, async ({ pushes, environment }) => {
      const env = {
        ...environment,
        OTEL_SERVICE_NAME: 'shop',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,host.name=named%20here',
      }
      await withApp(
        { file: 'apps/cluster/pushed.cjs', env, args: ['an argument'] },
        async (app) => {
          await load({ port: await app.ready(), paths: ['/'], count: 50, connections: 4 })
          const all = await eventually(async () => {
            const some = await pushes()
            assert.equal(total(some.at(-1)?.points ?? [], 'orders'), 50)
            assert.ok(some.length >= 4)
            return some
          })
          const { pid = 0, spawnfile } = app.child
          const [{ resource, points }] = all.slice(-1) as [Push]
          const expected = {
            'service.name': 'shop',
            'deployment.environment.name': 'test',
            'host.name': 'named here',
            'process.pid': String(pid),
            'process.executable.path': spawnfile,
            'process.runtime.name': 'nodejs',
            'telemetry.sdk.language': 'nodejs',
          }
          const named = Object.fromEntries(Object.keys(expected).map((key) => [key, resource[key]]))
          assert.deepEqual(named, expected)
          assert.match(String(resource['process.command']), /apps\/cluster\/pushed\.cjs$/)
          assert.equal((resource['process.command_args'] as string[]).at(-1), 'an argument')
          assert.match(
            String(resource['service.instance.id']),
            /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/,
          )
          for (const push of all) assert.deepEqual(push.resource, resource)
          assertIdentities(points)
          assertSteady(all)
        },
      )
    })
  })

  test('the instance of the environment rather than a generated instance', async (context) => {
    await withPipeline(context, async ({ pushes, environment }) => {
      const env = { ...environment, OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=shop-1' }
      await withApp({ file: 'apps/cluster/pushed.cjs', env }, async () => {
        const { resource } = await eventually(async () => firstOf(await pushes()))
        assert.equal(resource['service.instance.id'], 'shop-1')
        assert.match(String(resource['service.name']), /^unknown_service/)
      })
    })
  })
})

describe('with', () => {
  test('otlp alone, no endpoint listens; with prometheus, it counts pushes', async (context) => {
    await withPipeline(context, async ({ pushes, environment }) => {
      await withApp({ file: 'apps/cluster/pushed.cjs', env: environment }, async (app) => {
        await eventually(async () => firstOf(await pushes()))
        await assert.rejects(fetch(app.metricsUrl))
      })
      const env = { ...environment, OTEL_METRICS_EXPORTER: 'prometheus,otlp' }
      await withApp({ file: 'apps/cluster/pushed.cjs', env }, async (app) => {
        await eventually(async () => {
          const page = await app.page()
          assert.ok(sum(page, 'gunicorn_exporter_pushes_total', { result: 'success' }) > 0)
          assert.equal(sum(page, 'gunicorn_exporter_pushes_total', { result: 'failure' }), 0)
          assert.ok(sum(page, 'gunicorn_exporter_push_age_seconds') >= 0)
        })
        const status = await (await fetch(app.metricsUrl.replace('metrics', 'status'))).json()
        const { exporter } = status as { exporter: { push: Record<string, unknown> } }
        assert.equal(exporter.push['failure'], 0)
        assert.equal(exporter.push['lastError'], null)
        assert.equal(typeof exporter.push['lastSuccessAt'], 'string')
      })
    })
  })

  test('gRPC, the package that the user installs pushes', async (context) => {
    await withPipeline(context, async ({ pushes, environment, collector }) => {
      const env = {
        ...environment,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://${collector.endpoints.OTLP_GRPC_ENDPOINT}`,
      }
      await withApp({ file: 'apps/cluster/pushed.cjs', env }, async (app) => {
        await load({ port: await app.ready(), paths: ['/'], count: 20, connections: 2 })
        app.child.kill('SIGUSR2')
        await app.ended
        assertTotals((await lastPush(pushes)).points, 20)
      })
    })
  })

  test('a missing package, stderr names the package to install', async () => {
    const modules = join(directory, 'node_modules')
    cpSync(join(root, 'dist'), join(modules, 'exporter/dist'), { recursive: true })
    cpSync(join(fixtures, 'apps/single/single.cjs'), join(directory, 'app.cjs'))
    mkdirSync(join(modules, '@opentelemetry'))
    const api = join('@opentelemetry', 'api')
    symlinkSync(join(root, 'node_modules', api), join(modules, api))
    const env = { ...pushing('127.0.0.1:1'), OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }
    const nodeArgs = ['--require', join(modules, 'exporter/dist/register.cjs')]
    const file = join(directory, 'app.cjs')
    await withApp({ file, preload: 'none', nodeArgs, env, cwd: directory }, async (app) => {
      const remedy = 'npm install @opentelemetry/exporter-metrics-otlp-grpc'
      await eventually(() => assert.ok(app.stderr().includes(remedy), app.stderr()))
    })
  })

  test('an unknown protocol, stderr names the protocols and the endpoint serves', async () => {
    const env = {
      ...pushing('127.0.0.1:1'),
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'soap',
    }
    await withApp({ file: 'apps/cluster/pushed.cjs', env }, async (app) => {
      const allowed = 'allowed is http/protobuf or http/json or grpc'
      await eventually(() => assert.ok(app.stderr().includes(allowed), app.stderr()))
      await eventually(async () => assert.ok((await app.page()).length > 0))
      app.child.kill('SIGUSR2')
      assert.deepEqual(await app.ended, { code: 3, signal: null })
    })
  })

  test('the standard variables, pushes use headers, gzip, and mutual TLS', async (context) => {
    const make = authorities(context, directory)
    if (!make) return
    const authority = make('otlp-authority')
    const [server, client] = [authority.issue('otlp-server'), authority.issue('otlp-client')]
    const files = [server.certfile, server.keyfile, authority.certfile]
    const tls = ['cert_file', 'key_file', 'client_ca_file']
      .map((name, index) => `${name}: ${files[index]}`)
      .join(', ')
    const settings = [
      // The receiver refuses an uncompressed request.
      'receivers::otlp::protocols::http::compression_algorithms: [gzip]',
      `receivers::otlp::protocols::http::tls: { ${tls} }`,
    ]
    await withPipeline(
      context,
      async ({ pushes, environment, collector }) => {
        const gate = await tokenGate({
          target: collector.endpoints.OTLP_HTTP_ENDPOINT,
          token: 'let me, in',
          tls: { ca: authority.cert, cert: server.cert, key: server.key },
          towards: { ca: authority.cert, cert: client.cert, key: client.key },
        })
        const good = {
          ...environment,
          OTEL_METRICS_EXPORTER: 'prometheus,otlp',
          OTEL_EXPORTER_OTLP_ENDPOINT: `https://${gate.address}`,
          OTEL_EXPORTER_OTLP_HEADERS: 'x-token=let%20me%2C%20in',
          OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
          OTEL_EXPORTER_OTLP_CERTIFICATE: authority.certfile,
          OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE: client.certfile,
          OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY: client.keyfile,
        }
        try {
          for (const [name, value] of [
            ['OTEL_EXPORTER_OTLP_HEADERS', 'x-token=wrong'],
            ['OTEL_EXPORTER_OTLP_COMPRESSION', 'none'],
            ['OTEL_EXPORTER_OTLP_CERTIFICATE', client.certfile],
            ['OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE', ''],
          ] as const) {
            await withApp(
              { file: 'apps/cluster/pushed.cjs', env: { ...good, [name]: value } },
              async (app) => {
                await eventually(
                  () => assert.match(app.stderr(), /metrics cannot be pushed/),
                  30_000,
                )
                assert.doesNotMatch(app.stderr(), /let|wrong/)
              },
            )
            assert.deepEqual(await pushes(), [], name)
          }
          await withApp({ file: 'apps/cluster/pushed.cjs', env: good }, async (app) => {
            await load({ port: await app.ready(), paths: ['/'], count: 20, connections: 2 })
            app.child.kill('SIGUSR2')
            await app.ended
            assertTotals((await lastPush(pushes)).points, 20)
          })
          assert.ok(gate.connections() > 0)
        } finally {
          await gate.close()
        }
      },
      settings,
    )
  })
})

describe('While the Collector is down,', () => {
  for (const temporality of ['cumulative', 'delta'] as const) {
    test(`nothing breaks, and everything arrives afterwards (${temporality})`, async (context) => {
      const program = need(context, otelcol())
      if (program === undefined) return
      const addresses = { OTLP_HTTP_ENDPOINT: `127.0.0.1:${await freePort()}` }
      const [first, second] = [`${temporality}-1.jsonl`, `${temporality}-2.jsonl`].map((name) =>
        join(directory, name),
      ) as [string, string]
      const start = (file: string): Promise<Collector> =>
        startCollector({ otelcol: program, ...toFile(file), env: addresses })
      let collector = await start(first)
      const env = {
        ...pushing(addresses.OTLP_HTTP_ENDPOINT),
        OTEL_METRICS_EXPORTER: 'prometheus,otlp',
        OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: temporality,
        // The OTLP exporter retries for this time, and the test would only see these retries.
        OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
        WORKERS: '2',
      }
      try {
        await withApp({ file: 'apps/cluster/pushed.cjs', env }, async (app) => {
          const port = await app.ready()
          const { completed, failures } = await underLoad({ port, connections: 4 }, async () => {
            await eventually(async () => assert.ok((await readPushes(first)).length >= 3))
            await collector.stop()
            await sleep(outageMs)
            await eventually(async () => assert.ok((await pushCounts(app)).failure >= 2))
            collector = await start(second)
            await eventually(async () => assert.ok((await readPushes(second)).length >= 3))
          })
          assert.deepEqual(failures, [])
          await eventually(() => assert.match(app.stderr(), /metrics are pushed again/))
          assert.match(
            app.stderr(),
            /metrics cannot be pushed, trying again: .*(?:ECONNREFUSED|ECONNRESET|socket hang up)/,
          )
          app.child.kill('SIGUSR2')
          assert.deepEqual(await app.ended, { code: 3, signal: null })
          const pushes = [...(await readPushes(first)), ...(await lastPushes(second))]
          const points =
            temporality === 'delta'
              ? pushes.flatMap((push) => push.points)
              : (pushes.at(-1)?.points ?? [])
          assert.equal(total(points, 'orders'), completed)
          assert.equal(total(points, 'amount'), completed)
          assert.equal(total(points, 'gunicorn_worker_requests_total'), completed)
          const kinds = new Set(of(points, 'orders').map((point) => point.temporality))
          assert.deepEqual([...kinds], [temporality])
          if (temporality === 'cumulative') assertSteady(pushes)
        })
      } finally {
        await collector.stop()
      }
    })
  }
})

for (const temporality of ['cumulative', 'delta'] as const) {
  test(`A crashed exporter thread continues the instance (${temporality})`, async (context) => {
    await withPipeline(context, async ({ pushes, environment }) => {
      const env = {
        ...environment,
        OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: temporality,
        WORKERS: '2',
      }
      await withApp({ file: 'apps/cluster/ending-exporter-thread.cjs', env }, async (app) => {
        const port = await app.ready()
        const serve = (): Promise<unknown> =>
          load({ port, paths: ['/'], count: 100, connections: 4 })
        const requests = async (from: number): Promise<number> => {
          const later = (await pushes()).slice(from)
          const points = temporality === 'delta' ? later.flatMap(pointsOf) : pointsOf(later.at(-1))
          return total(points, 'gunicorn_worker_requests_total')
        }
        await serve()
        await eventually(async () => assert.equal(await requests(0), 100))
        app.child.kill('SIGWINCH')
        await eventually(() => assert.match(app.stderr(), /the exporter thread ended/))
        const before = (await pushes()).length
        await eventually(async () => {
          const [workers] = of(pointsOf((await pushes()).at(-1)), 'gunicorn_master_workers')
          assert.ok((await pushes()).length > before + 3 && workers, 'no push of the new thread')
        })
        await serve()
        await eventually(async () => assert.equal(await requests(0), 200))
        const instances = (await pushes()).map(({ resource }) => resource['service.instance.id'])
        assert.equal(new Set(instances).size, 1)
      })
    })
  })
}

test('Eight workers under load reach Prometheus without reset or duplicate', async (context) => {
  const tools = needed(context, await prometheusTools())
  if (!tools) return
  const prometheus = await startPrometheus({
    prometheus: tools.prometheus,
    config: 'scrape_configs: []\n',
    flags: ['--web.enable-remote-write-receiver'],
  })
  const settings = [
    `exporters::prometheus_remote_write::endpoint: ${prometheus.url}/api/v1/write`,
    'service::pipelines::metrics::exporters: [file, prometheus_remote_write]',
  ]
  try {
    await withPipeline(
      context,
      async ({ environment, collector, pushes }) => {
        const env = { ...environment, WORKERS: '8' }
        await withApp({ file: 'apps/cluster/pushed.cjs', env }, async (app) => {
          const port = await app.ready()
          const { completed, failures } = await underLoad({ port, connections: 8 }, async () => {
            await sleep(watchMs)
          })
          assert.deepEqual(failures, [])
          app.child.kill('SIGUSR2')
          await app.ended
          const range = `[${Math.ceil(watchMs / 1_000) + 60}s]`
          const query = async (expression: string): Promise<number> => {
            const [result] = await prometheus.query(expression)
            return result?.value ?? Number.NaN
          }
          await eventually(async () => {
            const last = `sum(last_over_time(orders_total${range}))`
            assert.equal(await query(last), completed, collector.stderr())
          })
          const names = await prometheus.query(
            'group by (__name__) (last_over_time(' +
              `{__name__=~".+_(total|count|bucket|sum)"}${range}))`,
          )
          assert.ok(names.length > 20, `${names.length} counters`)
          for (const { labels } of names) {
            const counter = `${labels['__name__']}${range}`
            assert.equal(await query(`sum(resets(${counter}))`), 0, counter)
          }
          assertSteady(await pushes())
          const own = await (await fetch(`${prometheus.url}/metrics`)).text()
          const disorder = own
            .split('\n')
            .filter((line) =>
              /^prometheus_tsdb_(?:out_of_order|out_of_bound|too_old)_samples_total/.test(line),
            )
          assert.ok(
            disorder.length > 0 && disorder.every((line) => line.endsWith(' 0')),
            String(disorder),
          )
          assert.doesNotMatch(prometheus.stderr(), /out of order|duplicate|out-of-order/i)
          assert.doesNotMatch(collector.stderr(), /Exporting failed|dropping/i)
          context.diagnostic(`${completed} requests, ${(await pushes()).length} pushes`)
        })
      },
      settings,
    )
  } finally {
    await prometheus.stop()
  }
})

interface Pipeline {
  readonly collector: Collector
  readonly pushes: () => Promise<Push[]>
  /** Variables of an application that pushes to this Collector. */
  readonly environment: Readonly<Record<string, string>>
}

let pipelines = 0

/** Runs a real Collector that writes each request as a line of a file. */
async function withPipeline(
  context: TestContext,
  act: (pipeline: Pipeline) => Promise<void>,
  settings: readonly string[] = [],
): Promise<void> {
  const program = need(context, otelcol())
  if (program === undefined) return
  pipelines += 1
  const file = join(directory, `pushes-${pipelines}.jsonl`)
  const { config, settings: toHere } = toFile(file)
  const collector = await startCollector({
    otelcol: program,
    config,
    settings: [...toHere, ...settings],
  })
  const environment = pushing(collector.endpoints.OTLP_HTTP_ENDPOINT)
  try {
    await act({ collector, environment, pushes: () => readPushes(file) })
  } finally {
    await collector.stop()
    rmSync(file, { force: true })
  }
}

function pushing(address: string): Record<string, string> {
  return {
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_METRIC_EXPORT_INTERVAL: '300',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${address}`,
  }
}

async function withApp(options: AppOptions, act: (app: App) => Promise<void>): Promise<void> {
  const app = await startApp(options)
  try {
    await app.ready()
    await act(app)
  } finally {
    await app.stop()
  }
}

function firstOf(pushes: readonly Push[]): Push {
  const [first] = pushes
  assert.ok(first, 'nothing was pushed')
  return first
}

/** The last push, after the application has ended and the file stays the same. */
async function lastPush(pushes: () => Promise<Push[]>): Promise<Push> {
  return (await settled(pushes)).at(-1) as Push
}

async function lastPushes(file: string): Promise<Push[]> {
  return await settled(() => readPushes(file))
}

/** The Collector writes the file after its response. */
async function settled(pushes: () => Promise<Push[]>): Promise<Push[]> {
  return await eventually(async () => {
    const before = (await pushes()).length
    await sleep(300)
    const all = await pushes()
    assert.ok(before > 0 && all.length === before, 'not settled')
    return all
  })
}

async function pushCounts(app: App): Promise<{ success: number; failure: number }> {
  const page = await app.page()
  const count = (result: string): number => sum(page, 'gunicorn_exporter_pushes_total', { result })
  return { success: count('success'), failure: count('failure') }
}

/** The metrics of the fixture after this number of requests. */
function assertTotals(points: readonly PushedPoint[], count: number): void {
  const [orders] = of(points, 'orders')
  assert.equal(orders?.scope, 'shop@2.0.0')
  assert.equal(orders?.unit, '{order}')
  assert.deepEqual(orders?.attributes, { kind: 'book' })
  assert.equal(total(points, 'orders'), count)
  assert.equal(total(points, 'amount'), count)
  assert.equal(total(points, 'stock'), -count)
}

/** Checks that metrics of workers have the worker label and that no series is duplicate. */
function assertIdentities(points: readonly PushedPoint[]): void {
  const own = points.filter(({ scope }) => scope === `${ownScope}@${version}`)
  const ofWorkers = own.filter(({ name }) => name.startsWith('gunicorn_worker_'))
  assert.ok(ofWorkers.length > 30)
  for (const { attributes } of ofWorkers) {
    assert.match(String(attributes['worker_id']), /^worker_\d+_\d+$/)
  }
  const series = points.map(seriesOf)
  assert.equal(new Set(series).size, series.length)
}

/** Checks that start times stay, times advance, and monotonic sums never fall. */
function assertSteady(pushes: readonly Push[]): void {
  const known = new Map<string, PushedPoint>()
  for (const point of pushes.flatMap(({ points }) => points)) {
    const key = seriesOf(point)
    const before = known.get(key)
    if (point.kind !== 'gauge' && before) assert.equal(point.start, before.start, key)
    if (before) assert.ok(point.time > before.time, key)
    const grows = point.kind === 'histogram' || point.name.endsWith('_total')
    if (before && grows) assert.ok(point.value >= before.value, key)
    assert.ok(point.start <= point.time, key)
    known.set(key, point)
  }
  assert.ok(known.size > 30)
}

function pointsOf(push: Push | undefined): readonly PushedPoint[] {
  return push?.points ?? []
}

function seriesOf({ scope, name, attributes }: PushedPoint): string {
  return JSON.stringify([scope, name, Object.entries(attributes).sort()])
}

function of(points: readonly PushedPoint[], name: string): PushedPoint[] {
  return points.filter((point) => point.name === name)
}

/** NaN without a value, so that every comparison fails. */
function total(points: readonly PushedPoint[], name: string): number {
  const found = of(points, name)
  if (found.length === 0) return Number.NaN
  return found.reduce((all, { value }) => all + value, 0)
}
