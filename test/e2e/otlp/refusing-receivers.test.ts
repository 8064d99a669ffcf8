import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { scratchDirectory } from '../../support/endpoint/certificates.ts'
import { startCollector, toFile } from '../../support/otel/collector.ts'
import { type Answer, good, startOddReceiver } from '../../support/otel/odd-receiver.ts'
import { readPushes } from '../../support/otel/otlp-file.ts'
import { type App, eventually, startApp } from '../../support/programs/app.ts'
import { type Belongings, latestFirst } from '../../support/programs/belongings.ts'
import { get } from '../../support/programs/load.ts'
import { sum } from '../../support/prometheus/page.ts'
import { need, otelcol } from '../../support/tools.ts'

const directory = scratchDirectory()

/** An application that pushes here. */
async function pushing(
  context: Belongings,
  url: string,
  env: Readonly<Record<string, string>> = {},
): Promise<App> {
  const app = await startApp({
    file: 'apps/cluster/pushed.cjs',
    env: {
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
      OTEL_METRIC_EXPORT_INTERVAL: '300',
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: url,
      ...env,
    },
  })
  context.after(() => app.stop())
  await get(await app.ready(), '/')
  return app
}

async function statusOf(app: App): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(app.metricsUrl.replace('metrics', 'status'))
  const { exporter } = (await response.json()) as { exporter: { push: Record<string, unknown> } }
  return exporter.push
}

describe('A receiver that refuses', () => {
  test('one metric gets all others of a cluster, in each push', async (own) => {
    const context = latestFirst(own)
    const bad: Answer = { status: 400, headers: { 'content-type': 'text/plain' }, body: 'bad unit' }
    const receiver = await startOddReceiver(context, ({ points }) =>
      points.some(({ name }) => name === 'orders') ? bad : good,
    )
    const app = await pushing(context, receiver.url)
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'gunicorn_exporter_push_refused_metrics'), 1)
      assert.ok(sum(page, 'gunicorn_exporter_push_refused_points_total', { status: '400' }) > 0)
    })
    const line =
      'the receiver refuses metrics, and gets the others: orders: 400 Bad Request: bad unit'
    await eventually(() => assert.ok(app.stderr().includes(line), app.stderr()))
    const { refusedMetrics } = await statusOf(app)
    assert.deepEqual(refusedMetrics, [{ name: 'orders', status: '400', points: 'all' }])
    // Each later push is one request with all other metrics, and the refusal itself arrives too.
    receiver.forget()
    await eventually(() => {
      const requests = receiver.requests.filter(({ answer }) => answer === good)
      const last = requests.at(-1)?.points ?? []
      assert.ok(requests.length >= 3)
      assert.ok(last.some(({ name }) => name === 'stock'))
      assert.ok(last.some(({ name, value }) => /refused_points/.test(name) && value > 0))
    })
    assert.ok(receiver.requests.every(({ answer }) => answer === good))
  })

  test('with a login page in HTML has a failure and a line', async (own) => {
    const context = latestFirst(own)
    const receiver = await startOddReceiver(context, () => ({
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: '<!DOCTYPE html><title>Log in</title>',
    }))
    const app = await pushing(context, receiver.url)
    const line = 'metrics cannot be pushed, trying again: 200 with text/html: a proxy answers'
    await eventually(() => assert.ok(app.stderr().includes(line), app.stderr()))
    const { success, failure } = await statusOf(app)
    assert.equal(success, 0)
    assert.ok(Number(failure) > 0)
  })
})

for (const temporality of ['cumulative', 'delta']) {
  test(`A Collector with a small limit of bodies gets everything (${temporality})`, async (own) => {
    const program = need(own, otelcol())
    if (program === undefined) return
    const context = latestFirst(own)
    const file = join(directory, `small-${temporality}.jsonl`)
    const { config, settings } = toFile(file)
    const collector = await startCollector({
      otelcol: program,
      config,
      settings: [...settings, 'receivers::otlp::protocols::http::max_request_body_size: 12000'],
    })
    context.after(async () => {
      await collector.stop()
      rmSync(file, { force: true })
    })
    const url = `http://${collector.endpoints.OTLP_HTTP_ENDPOINT}/v1/metrics`
    const app = await pushing(context, url, {
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: temporality,
    })
    await eventually(async () => {
      const { requestPoints, lastError, refusedMetrics } = await statusOf(app)
      assert.ok(Number(requestPoints) < 5_000)
      assert.deepEqual([lastError, refusedMetrics], [null, []])
    })
    const port = await app.ready()
    for (let count = 0; count < 4; count += 1) await get(port, '/')
    await eventually(async () => {
      const points = (await readPushes(file)).flatMap((push) => push.points)
      const orders = points.filter(({ name }) => name === 'orders').map(({ value }) => value)
      const total =
        temporality === 'delta' ? orders.reduce((one, other) => one + other, 0) : orders.at(-1)
      assert.equal(total, 5)
      assert.ok(points.some(({ name }) => name === 'gunicorn_exporter_pushes_total'))
    })
    assert.match(app.stderr(), /the receiver refuses large requests, which get smaller/)
    assert.doesNotMatch(app.stderr(), /cannot be pushed/)
  })
}
