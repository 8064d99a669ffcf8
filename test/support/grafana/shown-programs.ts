import { randomUUID } from 'node:crypto'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pair } from '../endpoint/certificates.ts'
import { good, startOddReceiver } from '../otel/odd-receiver.ts'
import { type App, eventually, nodeUnderTest, startApp, startProgram } from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { type Master, startMaster } from '../programs/master.ts'
import { startServe } from '../programs/serve.ts'
import { type RedisServer, sharing } from '../redis/redis.ts'

/* The programs of this package whose pages the dashboards show. */

const deploy = join(import.meta.dirname, '../../../deploy/compose')

export interface ShopOptions {
  readonly redis: RedisServer
  /** A command that starts the demo application, for example in a cgroup. */
  readonly starter: readonly string[]
}

/** The demo application under `run`, with Redis and OTLP, under its load with faults. */
export async function startShop(
  context: Belongings,
  { redis, starter }: ShopOptions,
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
export async function startSecure(context: Belongings, { certfile, keyfile }: Pair): Promise<App> {
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
export async function startSidecar(
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
export async function startNodeSidecar(context: Belongings, redis: RedisServer): Promise<number> {
  const node = { SIDECAR_NODE_ONLY: 'true', NODE_NAME: 'empty' }
  const sidecar = await startServe({ env: { ...sharing(redis.port), ...node } })
  context.after(() => sidecar.stop())
  return Number(new URL(sidecar.metricsUrl).port)
}
