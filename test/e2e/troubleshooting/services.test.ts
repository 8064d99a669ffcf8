import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { startCollector } from '../../support/otel/collector.ts'
import { good, startOddReceiver } from '../../support/otel/odd-receiver.ts'
import {
  eventually,
  freePort,
  nodeUnderTest,
  startApp,
  startProgram,
} from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { get } from '../../support/programs/load.ts'
import { command } from '../../support/programs/master.ts'
import { look, readSymptom } from '../../support/programs/symptom.ts'
import { sum } from '../../support/prometheus/page.ts'
import { prometheusTools, withPrometheus } from '../../support/prometheus/prometheus.ts'
import { shippedOptions } from '../../support/prometheus/shipped-rules.ts'
import { startRedis } from '../../support/redis/redis.ts'
import { startSharing } from '../../support/redis/sharing.ts'
import { need, needed, otelcol } from '../../support/tools.ts'

const needsProc = {
  skip: !existsSync('/proc/self/net/tcp') && 'the system does not tell which process has a port',
}

test('A port that is taken shows all that the page quotes', needsProc, async (context) => {
  const tools = needed(context, await prometheusTools())
  if (!tools) return
  const taken = await readSymptom('Port taken')
  const port = await freePort()
  const squatter = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1')
  await once(squatter, 'listening')
  const env = { PROMETHEUS_METRICS_PORT: `${port}` }
  const app = await startApp({ file: 'apps/cluster/cluster.cjs', env })
  try {
    const options = await shippedOptions(tools.prometheus, `127.0.0.1:${port}`)
    await withPrometheus(options, (prometheus) =>
      taken.until(async () => ({ stderr: app.stderr(), prometheus }), 'alert: ', 'EADDRINUSE'),
    )
    squatter.close()
    await taken.until(() => look(app))
  } finally {
    squatter.close()
    await app.stop()
  }
})

test('A wrong configuration shows all that the page quotes', async (context) => {
  const tools = needed(context, await prometheusTools())
  if (!tools) return
  const wrong = await readSymptom('Wrong configuration')
  const env = { PROMETHEUS_METRICS_PORT: 'http' }
  const app = await startApp({ file: 'apps/cluster/cluster.cjs', env })
  try {
    assert.equal((await get(await app.ready(), '/')).status, 200)
    // Nothing listens at the default port of the shipped configuration.
    const options = await shippedOptions(tools.prometheus, `127.0.0.1:${await freePort()}`)
    await withPrometheus(options, (prometheus) =>
      wrong.until(async () => ({ stderr: app.stderr(), prometheus })),
    )
  } finally {
    await app.stop()
  }
  const noPage = await startApp({
    file: 'apps/cluster/cluster.cjs',
    env: { PROMETHEUS_MAX_SERIES: 'many' },
  })
  try {
    assert.equal((await get(await noPage.ready(), '/')).status, 200)
    await assert.rejects(
      fetch(noPage.metricsUrl),
      ({ cause }: { cause: { code: string } }) => cause.code === 'ECONNREFUSED',
    )
  } finally {
    await noPage.stop()
  }
  for (const args of [['check'], ['serve'], ['run', 'app.js']]) {
    const program = startProgram([nodeUnderTest, command, ...args], env)
    assert.deepEqual(await program.ended, { code: 2, signal: null })
    assert.match(`${program.stdout()}${program.stderr()}`, /PROMETHEUS_METRICS_PORT is "http"/)
  }
})

test('Redis that is down shows all that docs/troubleshooting.md quotes', async (context) => {
  const tools = needed(context, await prometheusTools())
  if (!tools) return
  const redis = await startRedis(context)
  if (!redis) return
  const down = await readSymptom('Redis down')
  const [app, other] = await startSharing(context, redis, { number: 2 })
  assert.ok(app && other)
  await eventually(async () => {
    const live = sum(await app.page(), 'gunicorn_exporter_redis_peers', { state: 'live' })
    // Each page has the metrics of both clusters.
    assert.ok(live > 0, `${live} peers`)
  })
  await redis.kill()
  const options = await shippedOptions(tools.prometheus, new URL(app.metricsUrl).host)
  await withPrometheus(options, (prometheus) =>
    down.until(() => look(app, prometheus), '/status: ', 'page: ', 'alert: ', 'trying again'),
  )
  await redis.start()
  await down.until(() => look(app))
  await eventually(async () => {
    const shown = (await app.page()).filter(({ name }) => name.endsWith('redis_connected'))
    assert.ok(shown.some(({ value }) => value === 1))
  })
})

test('A Collector that is away shows all that the page quotes', async (context) => {
  const tools = needed(context, await prometheusTools())
  const program = need(context, otelcol())
  if (tools === undefined || program === undefined) return
  const away = await readSymptom('Collector away')
  const address = `127.0.0.1:${await freePort()}`
  const app = await startApp({
    file: 'apps/cluster/cluster.cjs',
    env: {
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
      OTEL_METRIC_EXPORT_INTERVAL: '500',
      OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${address}`,
    },
  })
  try {
    const options = await shippedOptions(tools.prometheus, new URL(app.metricsUrl).host)
    await withPrometheus(options, (prometheus) =>
      away.until(() => look(app, prometheus), '/status: ', 'page: ', 'alert: ', 'trying again'),
    )
    const env = { OTLP_HTTP_ENDPOINT: address }
    const collector = await startCollector({ otelcol: program, config: 'push.yaml', env })
    try {
      await away.until(() => look(app))
    } finally {
      await collector.stop()
    }
  } finally {
    await app.stop()
  }
})

test('A receiver that refuses a metric shows all that the page quotes', async (context) => {
  const tools = needed(context, await prometheusTools())
  if (!tools) return
  const refused = await readSymptom('A receiver refuses metrics')
  const own = latestFirst(context)
  const type = { 'content-type': 'text/plain' }
  const unknownUnit = { status: 400, headers: type, body: 'unknown unit' }
  const receiver = await startOddReceiver(own, ({ points }) =>
    points.some(({ name }) => name === 'orders') ? unknownUnit : good,
  )
  const app = await startApp({
    file: 'apps/cluster/pushed.cjs',
    env: {
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
      OTEL_METRIC_EXPORT_INTERVAL: '500',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: receiver.url,
    },
  })
  own.after(() => app.stop())
  await get(await app.ready(), '/')
  const options = await shippedOptions(tools.prometheus, new URL(app.metricsUrl).host)
  await withPrometheus(options, (prometheus) =>
    refused.until(() => look(app, prometheus), '/status: ', 'page: ', 'alert: ', 'gets the others'),
  )
})

test('Pushes that are off show all that the page quotes', async (context) => {
  const tools = needed(context, await prometheusTools())
  if (!tools) return
  const off = await readSymptom('Pushes are off')
  const env = { OTEL_METRICS_EXPORTER: 'prometheus,otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'soap' }
  const app = await startApp({ file: 'apps/cluster/cluster.cjs', env })
  try {
    const options = await shippedOptions(tools.prometheus, new URL(app.metricsUrl).host)
    await withPrometheus(options, (prometheus) => off.until(() => look(app, prometheus)))
  } finally {
    await app.stop()
  }
})
