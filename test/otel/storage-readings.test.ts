import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Meter } from '@opentelemetry/api'
import * as sdk from '@opentelemetry/sdk-metrics'
import fc from 'fast-check'
import type { Metric } from '../../src/model/metric.ts'
import { fromOtel, scopeText } from '../../src/otel/from-otel.ts'
import { OtelReading } from '../../src/otel/sdk-reading.ts'

describe('OtelReading', () => {
  test('returns the same metric until its instrument records', async () => {
    const { reading, meter } = prepared()
    const orders = meter.createCounter('orders')
    orders.add(1, { kind: 'new' })
    meter.createHistogram('wait').record(1)
    const first = await reading.collect()
    assert.equal((await reading.collect())[0], first[0])
    assert.equal(reading.collectNow()[0], first[0])
    orders.add(1, { kind: 'new' })
    const [changed, wait] = await reading.collect()
    assert.notEqual(changed, first[0])
    assert.equal(changed?.points[0]?.value, 2)
    assert.equal(wait, first[1])
  })

  test('calls observable instruments each time', async () => {
    const { reading, meter } = prepared()
    let depth = 1
    meter.createObservableGauge('depth').addCallback((result) => result.observe(depth))
    await reading.collect()
    depth = 2
    assert.equal((await reading.collect())[0]?.points[0]?.value, 2)
  })

  test('shows a new description of an idle instrument', async () => {
    const { reading, meter } = prepared()
    meter.createCounter('orders', { description: 'Short.' }).add(1)
    await reading.collect()
    meter.createCounter('orders', { description: 'A longer text.' })
    assert.equal((await reading.collect())[0]?.descriptor.description, 'A longer text.')
  })

  test('shows a record that another reader of the instrument has collected', async () => {
    const { reading, meter, other } = prepared([
      { instrumentName: 'orders', attributesProcessors: [], name: 'renamed' },
    ])
    const orders = meter.createCounter('orders')
    orders.add(1)
    await reading.collect()
    orders.add(1)
    await other.collect()
    assert.equal((await reading.collect())[0]?.points[0]?.value, 2)
  })

  test('shows a record that the application has collected with the reader itself', async () => {
    const { reading, meter, ours } = prepared()
    const orders = meter.createCounter('orders')
    orders.add(1)
    await reading.collect()
    orders.add(1)
    await ours.collect()
    assert.equal((await reading.collect())[0]?.points[0]?.value, 2)
  })

  test('reads an SDK of another form by its public way', async () => {
    const { meter, other } = prepared()
    meter.createCounter('orders').add(1)
    const reading = readingOf(other)
    reading.attach({ collect: () => other.collect() })
    assert.equal((await reading.collect())[0]?.points[0]?.value, 1)
  })

  for (const views of [[], [{ instrumentName: '*' }]]) {
    const readers = views.length > 0 ? 'readers that share storages' : 'readers with own storages'
    test(`returns what the public way returns, for ${readers}`, async () => {
      const steps = fc.array(step, { maxLength: 30 })
      await fc.assert(
        fc.asyncProperty(steps, (all) => assertSame(all, views)),
        { numRuns: 200 },
      )
    })
  }
})

async function assertSame(steps: readonly Step[], views: sdk.ViewOptions[]): Promise<void> {
  const { reading, meter, ours, other } = prepared(views)
  const acts: Record<Step['act'], Act> = {
    ...actsOn(meter),
    collect: () => reading.collect(),
    collectNow: () => reading.collectNow(),
    'collect others': () => other.collect(),
    'collect publicly': () => ours.collect(),
  }
  for (const { act, value, series } of steps) await acts[act](value, { series })
  assert.deepEqual(outline(await reading.collect()), outline(await publicly(other)))
}

interface Step {
  readonly act:
    | keyof ReturnType<typeof actsOn>
    | 'collect'
    | 'collectNow'
    | 'collect others'
    | 'collect publicly'
  readonly value: number
  readonly series: number
}

const step: fc.Arbitrary<Step> = fc.record<Step>({
  act: fc.constantFrom<Step['act'][]>(
    ...(['add', 'addBoth', 'record', 'set', 'observe', 'describe'] as const),
    ...(['collect', 'collect', 'collectNow', 'collect others', 'collect publicly'] as const),
  ),
  value: fc.nat({ max: 100 }),
  series: fc.nat({ max: 2 }),
})

type Act = (value: number, attributes: { readonly series: number }) => unknown

function actsOn(
  meter: Meter,
): Record<'add' | 'addBoth' | 'record' | 'set' | 'observe' | 'describe', Act> {
  const counter = meter.createCounter('orders')
  const open = meter.createUpDownCounter('open')
  const wait = meter.createHistogram('wait')
  const level = meter.createGauge('level')
  let depth = 0
  meter.createObservableCounter('depth').addCallback((result) => result.observe(depth))
  return {
    add: (value, attributes) => counter.add(value, attributes),
    addBoth: (value, attributes) => open.add(50 - value, attributes),
    record: (value, attributes) => wait.record(value, attributes),
    set: (value, attributes) => level.record(value, attributes),
    observe: (value) => {
      depth += value
    },
    describe: (value) => {
      meter.createCounter('orders', { description: 'x'.repeat(value) })
    },
  }
}

function prepared(views: sdk.ViewOptions[] = []) {
  let producer: sdk.MetricProducer | undefined
  class Ours extends sdk.MetricReader {
    override setMetricProducer(given: sdk.MetricProducer): void {
      producer = given
      super.setMetricProducer(given)
    }
    override async onForceFlush(): Promise<void> {}
    override async onShutdown(): Promise<void> {}
  }
  const [ours, other] = [new Ours(), new Ours()]
  const provider = new sdk.MeterProvider({ readers: [other, ours], views })
  const reading = readingOf(ours)
  reading.attach(producer ?? assert.fail())
  return { reading, ours, other, meter: provider.getMeter('app') }
}

function readingOf(reader: sdk.MetricReader): OtelReading {
  return new OtelReading({
    collect: () => reader.collect(),
    onUnsupported: (name) => assert.fail(name),
    onSlow: (names) => assert.fail(names),
    onFailed: (error) => assert.fail(String(error)),
  })
}

async function publicly(reader: sdk.MetricReader): Promise<Metric[]> {
  const { resourceMetrics } = await reader.collect()
  return resourceMetrics.scopeMetrics.flatMap(({ scope, metrics }) =>
    metrics.map((data) => fromOtel(data, scopeText(scope)) ?? assert.fail()),
  )
}

function outline(metrics: readonly Metric[]): unknown {
  return metrics.map(({ descriptor, points }) => [descriptor, points])
}
