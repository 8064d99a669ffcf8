import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { good, startOddReceiver } from '../otel/odd-receiver.ts'
import { eventually, freePort, startApp } from '../programs/app.ts'
import { get } from '../programs/load.ts'
import { startServe } from '../programs/serve.ts'
import { sharing, startRedis } from '../redis/redis.ts'
import { modest, type Provocation, started } from './stage.ts'

export const exporterProvocations: readonly Provocation[] = [
  {
    job: 'gone',
    alerts: ['ExporterDown', 'ExporterMissing'],
    async run(stage) {
      const { app } = await started(stage, { env: { WORKERS: '1' } })
      await app.stop()
      await stage.fires('ExporterDown')
      await stage.forget()
    },
  },
  {
    job: 'shared',
    alerts: ['RedisPublishesFail', 'RedisNotConnected', 'SidecarReadsFail'],
    async run(stage) {
      const redis = await startRedis(stage)
      if (!redis) return
      await started(stage, { env: { ...sharing(redis.port), WORKERS: '1' } })
      const sidecar = await startServe({ env: sharing(redis.port) })
      stage.after(() => sidecar.stop())
      await stage.scrape(sidecar.metricsUrl)
      // Redis refuses writes.
      await redis.ask('config', 'set', 'maxmemory', '1')
      await stage.fires('RedisPublishesFail')
      await redis.kill()
    },
  },
  {
    job: 'away',
    alerts: ['PushesFail'],
    async run(stage) {
      const endpoint = `http://127.0.0.1:${await freePort()}`
      await started(stage, { env: { ...pushing, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } })
    },
  },
  {
    job: 'refusing',
    alerts: ['PushesRefused'],
    async run(stage) {
      const type = { 'content-type': 'text/plain' }
      const unknownUnit = { status: 400, headers: type, body: 'unknown unit' }
      const receiver = await startOddReceiver(stage, ({ points }) =>
        points.some(({ name }) => name === 'orders') ? unknownUnit : good,
      )
      const { port } = await started(stage, {
        file: 'apps/cluster/pushed.cjs',
        env: { ...pushing, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: receiver.url },
      })
      stage.repeat(1_000, () => get(port, '/'))
    },
  },
  {
    job: 'off',
    alerts: ['PushesOff'],
    async run(stage) {
      await started(stage, {
        env: { OTEL_METRICS_EXPORTER: 'prometheus,otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'soap' },
      })
    },
  },
  {
    job: 'lost',
    alerts: ['ReportsLost'],
    async run(stage) {
      const { port } = await started(stage)
      await get(port, '/garbage')
    },
  },
  {
    job: 'faulty',
    alerts: ['ExporterFaults'],
    async run(stage) {
      const port = await freePort()
      const squatter = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1')
      stage.after(() => squatter.close())
      await once(squatter, 'listening')
      const env = { PROMETHEUS_METRICS_PORT: `${port}` }
      const app = await startApp({ file: 'apps/cluster/cluster.cjs', env })
      stage.after(() => app.stop())
      await eventually(() => assert.match(app.stderr(), /cannot listen/), 90_000)
      squatter.close()
      await stage.scrape(app.metricsUrl)
    },
  },
  {
    job: 'dropped',
    alerts: ['SeriesDropped'],
    async run(stage) {
      const env = { SERIES: '1500', LABEL: '10', WORKERS: '1', PROMETHEUS_MAX_SERIES: '100' }
      await started(stage, { file: 'apps/many-series.mjs', env })
    },
  },
]

/**
 * A page above its limit has two million samples. The test reads the whole page, and Prometheus
 * reads only the exporter's own metrics of the page.
 */
export const largePage: Provocation = {
  job: 'page',
  alerts: ['PageTooLarge'],
  async run(stage) {
    const app = await startApp({
      file: 'apps/many-series.mjs',
      env: { KIND: 'histogram', SERIES: '19900', LABEL: '230', WORKERS: '5' },
      through: modest,
    })
    stage.after(() => app.stop())
    await app.ready()
    await stage.scrape(app.metricsUrl, 'own')
    stage.repeat(10_000, async () => {
      const headers = { 'accept-encoding': 'identity', connection: 'close' }
      const { body } = await fetch(app.metricsUrl, { headers })
      // Not kept: the page has up to 400 MB.
      await body?.pipeTo(new WritableStream())
    })
  },
}

const pushing = { OTEL_METRICS_EXPORTER: 'prometheus,otlp', OTEL_METRIC_EXPORT_INTERVAL: '500' }
