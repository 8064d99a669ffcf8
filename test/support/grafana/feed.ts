import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { authorityIn, type Pair } from '../endpoint/certificates.ts'
import { good, startOddReceiver } from '../otel/odd-receiver.ts'
import { type App, eventually, nodeUnderTest, startApp, startProgram } from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { get } from '../programs/load.ts'
import { type Master, startMaster } from '../programs/master.ts'
import { type PythonExporter, startPythonExporter } from '../programs/python-exporter.ts'
import { startServe } from '../programs/serve.ts'
import { temporaryDirectory } from '../programs/temporary-directory.ts'
import { type Prometheus, startPrometheus } from '../prometheus/prometheus.ts'
import { type RedisServer, sharing } from '../redis/redis.ts'
import { pushDurations } from './pushed-durations.ts'

/*
 * Everything that the dashboards show, in a real Prometheus: the demo application with its load and
 * its faults, a cluster with TLS, a sidecar, the Python package, and an SDK with exemplars.
 */

const deploy = join(import.meta.dirname, '../../../deploy/compose')

export interface FeedOptions {
  /** The program of Prometheus. */
  readonly prometheus: string
  /** A Python with the Python package. */
  readonly python: string
  readonly redis: RedisServer
  /** A command that starts the demo application, for example in a cgroup. */
  readonly starter: readonly string[]
}

export interface Feed {
  readonly prometheus: Prometheus
  /** Unix seconds. */
  readonly start: number
  /** Causes events again: signals, aborts, errors and pushes. Takes about a second. */
  readonly provoke: () => Promise<void>
}

export async function startFeed(
  context: Belongings,
  { prometheus: program, python, redis, starter }: FeedOptions,
): Promise<Feed> {
  const directory = await temporaryDirectory(context)
  const certificate = authorityIn(directory).issue('server')
  const [shop, secure, pythonExporter] = await Promise.all([
    startShop(context, { redis, starter }),
    startSecure(context, certificate),
    startPythonExporter(context, python),
  ])
  const [sidecarPort, nodePort] = await Promise.all([
    startSidecar(context, redis, directory),
    startNodeSidecar(context, redis),
  ])
  const config = configOf({
    shop: shop.metricsPort,
    secure: Number(new URL(secure.metricsUrl).port),
    python: pythonExporter.metricsPort,
    sidecar: sidecarPort,
    node: nodePort,
  })
  const start = Date.now() / 1_000
  const flags = ['--enable-feature=exemplar-storage', '--web.enable-otlp-receiver']
  const prometheus = await startPrometheus({ prometheus: program, config, flags })
  context.after(() => prometheus.stop())
  const securePort = await secure.ready()
  const parts = { shop, securePort, pythonExporter, prometheus, start }
  return { prometheus, start, provoke: () => provoke(parts) }
}

/** The demo application under `run`, with Redis and OTLP, under its load with faults. */
async function startShop(
  context: Belongings,
  { redis, starter }: Pick<FeedOptions, 'redis' | 'starter'>,
): Promise<Master> {
  const receiver = await startOddReceiver(context)
  // The first requests fail, and one metric is refused for good.
  receiver.answer = ({ points }) => {
    if (receiver.requests.length < 2) return { status: 503 }
    return points.some(({ name }) => name === 'shop.orders') ? { status: 400 } : good
  }
  const shop = await startMaster({
    file: join(deploy, 'application/server.js'),
    options: ['--workers', '3', '--timeout', '20'],
    starter,
    env: {
      ...sharing(redis.port),
      DEMO_FAULTS: 'true',
      GUNICORN_HTTP_BODY_SIZES: 'true',
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: receiver.url,
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
      OTEL_SERVICE_NAME: 'shop',
      OTEL_RESOURCE_ATTRIBUTES: 'service.version=1.2.3',
    },
  })
  context.after(() => shop.stop())
  await shop.serving(3)
  const load = startProgram([nodeUnderTest, join(deploy, 'load/load.js')], {
    TARGETS: `http://127.0.0.1:${shop.port}`,
    RATE: '40',
    FAULT_EVERY_SECONDS: '4',
    FAULTS: 'crash,block?seconds=4,master/reload,kill,master/more,exit',
  })
  context.after(async () => {
    load.child.kill('SIGKILL')
    await load.ended
  })
  return shop
}

/** A cluster with TLS, whose exporter has a fault: stacks of hangs need a directory. */
async function startSecure(context: Belongings, { certfile, keyfile }: Pair): Promise<App> {
  const app = await startApp({
    file: 'apps/cluster/cluster.cjs',
    env: {
      PROMETHEUS_SSL_CERTFILE: certfile,
      PROMETHEUS_SSL_KEYFILE: keyfile,
      GUNICORN_HANG_STACKS: '1',
      PROMETHEUS_MULTIPROC_DIR: '/proc/nope',
    },
  })
  context.after(() => app.stop())
  await app.ready()
  return app
}

/** A sidecar over Redis and a directory, each with one value that nobody can read. */
async function startSidecar(
  context: Belongings,
  redis: RedisServer,
  directory: string,
): Promise<number> {
  const shared = join(directory, 'shared')
  await mkdir(shared)
  const app = await startApp({
    file: 'apps/cluster/cluster.cjs',
    env: { PROMETHEUS_SHARED_DIR: shared },
  })
  context.after(() => app.stop())
  const sources = await eventually(async () => {
    const [home = ''] = await readdir(shared)
    const folder = join(shared, home, 'sources')
    if ((await readdir(folder)).length === 0) throw new Error('no file')
    return folder
  })
  await writeFile(join(sources, randomUUID()), 'nonsense')
  const incarnation = randomUUID()
  await redis.ask('SET', `{gunicorn}:metrics:source:${incarnation}`, 'nonsense')
  await redis.ask('ZADD', '{gunicorn}:metrics:sources', Date.now(), incarnation)
  const sidecar = await startServe({
    args: ['--shared-dir', shared],
    env: { ...sharing(redis.port), SIDECAR_UPDATE_INTERVAL: '0.2' },
  })
  context.after(() => sidecar.stop())
  return Number(new URL(sidecar.metricsUrl).port)
}

/** A sidecar of a node on which nothing runs. */
async function startNodeSidecar(context: Belongings, redis: RedisServer): Promise<number> {
  const node = { SIDECAR_NODE_ONLY: 'true', NODE_NAME: 'empty' }
  const sidecar = await startServe({ env: { ...sharing(redis.port), ...node } })
  context.after(() => sidecar.stop())
  return Number(new URL(sidecar.metricsUrl).port)
}

type Ports = Readonly<Record<'shop' | 'secure' | 'python' | 'sidecar' | 'node', number>>

/**
 * The job `native` is the same page as `shop`, whose histograms Prometheus turns into native ones.
 * Pages with the label `instance` keep the label.
 */
function configOf({ shop, secure, python, sidecar, node }: Ports): string {
  const job = (name: string, port: number, ...lines: readonly string[]): string[] => [
    `  - job_name: ${name}`,
    `    static_configs: [{ targets: ['127.0.0.1:${port}'] }]`,
    ...lines.map((line) => `    ${line}`),
  ]
  return [
    'global:',
    '  scrape_interval: 1s',
    '  scrape_timeout: 1s',
    'scrape_configs:',
    ...job('shop', shop, 'honor_labels: true'),
    ...job('native', shop, 'honor_labels: true', 'convert_classic_histograms_to_nhcb: true'),
    ...job('secure', secure, 'scheme: https', 'tls_config: { insecure_skip_verify: true }'),
    ...job('python', python),
    ...job('sidecar', sidecar, 'honor_labels: true'),
    ...job('node', node, 'honor_labels: true'),
    '',
  ].join('\n')
}

interface Parts extends Pick<Feed, 'prometheus' | 'start'> {
  readonly shop: Master
  readonly securePort: number
  readonly pythonExporter: PythonExporter
}

async function provoke({ shop, securePort, pythonExporter, ...parts }: Parts): Promise<void> {
  const seconds = Math.ceil(Date.now() / 1_000 - parts.start) + 1
  await Promise.all([
    // Aborted: the report takes 150 ms at least.
    hungUp(shop.port, 'GET /reports/2026 HTTP/1.1\r\nHost: a\r\n\r\n'),
    hungUp(shop.port, 'NOT / HTTP\r\n\r\n'),
    get(securePort, '/garbage'),
    pythonExporter.send(),
    pushDurations(parts.prometheus.url, 10 * seconds),
  ])
  pythonExporter.child.kill('SIGHUP')
}

/** Sends the text, and closes the connection without a response. */
async function hungUp(port: number, text: string): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => {})
  socket.write(text)
  await new Promise((resolve) => setTimeout(resolve, 100))
  socket.destroy()
}
