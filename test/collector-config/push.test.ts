import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Meter } from '@opentelemetry/api'
import type { MeterProvider, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { catalog } from '../../src/model/catalog/catalog.ts'
import type { Declaration } from '../../src/model/catalog/declaration.ts'
import { ownScope } from '../../src/model/own-scope.ts'
import { renderText } from '../support/exposition/render-text.ts'
import { type Collector, startCollector, withCollector } from '../support/otel/collector.ts'
import { collected, converted } from '../support/otel/otel.ts'
import { sendOtlp } from '../support/otel/otlp.ts'
import { withPlainBound } from '../support/otel/otlp-json.ts'
import { eventually, fetchText, freePort } from '../support/programs/app.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'
import { type RawSample, readSamples, seriesOf } from '../support/prometheus/exposition.ts'
import { need, otelcol } from '../support/tools.ts'

test('The Collector shows pushed metrics as the endpoint does', async (context) => {
  const program = need(context, otelcol())
  if (program === undefined) return
  await withCollector({ otelcol: program, config: 'push.yaml' }, async (collector) => {
    const metrics = await collected(useAll)
    await sendOtlp(collector.endpoints.OTLP_HTTP_ENDPOINT, metrics)
    const ours = renderText(converted(metrics), 'prometheus').text
    await eventually(async () => {
      const page = await pageOf(collector)
      assert.deepEqual(seriesIn(page), seriesIn(ours))
      assert.deepEqual(typesIn(page), typesIn(ours))
    })
    assert.equal(typesIn(ours).length, Object.keys(catalog).length + 3)
  })
})

test('A killed agent delivers its stored metrics to a later gateway', async (context) => {
  const program = need(context, otelcol())
  if (program === undefined) return
  const storage = await temporaryDirectory(context)
  const gateway = `127.0.0.1:${await freePort()}`
  const agent = {
    otelcol: program,
    config: 'agent.yaml',
    env: { AGENT_STORAGE: storage, GATEWAY_ENDPOINT: gateway },
  }
  await killedWithItsQueue(await startCollector(agent))
  const env = { OTLP_GRPC_ENDPOINT: gateway }
  await withCollector({ otelcol: program, config: 'gateway.yaml', env }, async (receiver) => {
    assert.deepEqual(readSamples(await pageOf(receiver)), [])
    await withCollector(agent, async ({ stderr }) => {
      await eventually(async () => {
        const arrived = readSamples(await pageOf(receiver)).map(({ name, value }) => [name, value])
        const wanted = [
          ['first_total', 1],
          ['second_total', 2],
        ]
        assert.deepEqual(
          arrived.filter(([name]) => name !== 'target_info').sort(),
          wanted,
          stderr(),
        )
      }, 60_000)
    })
  })
})

/** Kills the agent after it has stored two batches in its queue. */
async function killedWithItsQueue(agent: Collector): Promise<void> {
  try {
    const send = (metrics: ResourceMetrics): Promise<void> =>
      sendOtlp(agent.endpoints.OTLP_HTTP_ENDPOINT, metrics)
    await send(
      await collected((provider) => provider.getMeter('shop').createCounter('first').add(1)),
    )
    await queued(agent, 1)
    await send(
      await collected((provider) => provider.getMeter('shop').createCounter('second').add(2)),
    )
    await queued(agent, 2)
  } finally {
    // `stop()` sends SIGKILL, as the OOM killer of the kernel does.
    await agent.stop()
  }
}

function queued(agent: Collector, batches: number): Promise<void> {
  return eventually(async () => {
    const sizes = readSamples(await agent.telemetry()).filter(
      ({ name }) => name === 'otelcol_exporter_queue_size',
    )
    assert.deepEqual(
      sizes.map(({ value }) => value),
      [batches],
      agent.stderr(),
    )
  })
}

/** Sets every metric of the catalog, and three metrics of an application. */
function useAll(provider: MeterProvider): void {
  const own = provider.getMeter(ownScope)
  for (const declaration of Object.values(catalog)) use(own, declaration)
  const shop = provider.getMeter('shop', '1.0.0')
  shop.createCounter('orders.taken').add(3, { payment: 'card' })
  shop.createUpDownCounter('jobs_open').add(-1)
  const advice = { explicitBucketBoundaries: [1, 10] }
  shop.createHistogram('checkout.seconds', { unit: 's', advice }).record(4)
}

function use(meter: Meter, { name, kind, unit, help, labels, bounds = [] }: Declaration): void {
  const attributes = Object.fromEntries(labels.map((label) => [label, `some ${label}`]))
  const options = { unit, description: help }
  if (kind === 'counter') meter.createCounter(name, options).add(7, attributes)
  else if (kind === 'histogram') {
    const advice = { explicitBucketBoundaries: [...bounds] }
    meter.createHistogram(name, { ...options, advice }).record(60, attributes)
  } else meter.createGauge(name, options).record(0.5, attributes)
}

function pageOf({ endpoints }: Collector): Promise<string> {
  return fetchText(`http://${endpoints.PAGE_ENDPOINT}/metrics`)
}

/** Values by series, without the labels that the Collector adds for the target and the scope. */
function seriesIn(page: string): [string, number][] {
  return readSamples(page)
    .filter(({ name }) => name !== 'target_info')
    .map((sample): [string, number] => [seriesOf(bare(sample)), sample.value])
    .sort()
}

function bare(sample: RawSample): RawSample {
  const labels = sample.labels.filter(([name]) => !/^(?:job|instance|otel_scope_.+)$/.test(name))
  return withPlainBound({ ...sample, labels })
}

function typesIn(page: string): string[] {
  const types = page.split('\n').filter((line) => line.startsWith('# TYPE '))
  return types.filter((line) => !line.includes(' target_info ')).sort()
}
