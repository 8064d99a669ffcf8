import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { otelLimits } from '../../src/limits/otel.ts'
import type { Metric } from '../../src/model/metric.ts'
import { ownScope } from '../../src/model/own-scope.ts'
import { ApplicationMetrics } from '../../src/otel/application-metrics.ts'
import * as sdk from '../../src/otel/bundled/sdk.ts'

describe('ApplicationMetrics', () => {
  test('returns the values of synchronous and observable instruments', async () => {
    const { metrics, meter } = prepared()
    meter.createCounter('orders').add(2)
    meter.createObservableGauge('depth').addCallback((result) => result.observe(7))
    assert.deepEqual(valuesOf(await metrics.collect()), { orders: 2, depth: 7 })
  })

  test('makes histograms exponential if the setting asks for it', async () => {
    const kinds = [false, true].map(async (isExponential) => {
      const { metrics, meter } = prepared(isExponential)
      meter.createHistogram('wait').record(1)
      meter.createCounter('orders').add(2)
      return (await metrics.collect()).map(({ descriptor }) => descriptor.kind)
    })
    assert.deepEqual(await Promise.all(kinds), [
      ['histogram', 'counter'],
      ['exponentialHistogram', 'counter'],
    ])
  })

  test('returns last values after otelLimits.observationTimeoutMs', async (context) => {
    const { metrics, meter, events, answer } = await slow(context)
    meter.createCounter('orders').add(2)
    const collected = metrics.collect()
    context.mock.timers.tick(otelLimits.observationTimeoutMs - 1)
    await settled()
    assert.deepEqual(events, [])
    context.mock.timers.tick(1)
    assert.deepEqual(valuesOf(await collected), { depth: 1, orders: 2 })
    assert.deepEqual(events, ['slow'])
    answer(5)
  })

  test('does not call a slow callback again before the end of its call', async (context) => {
    const { metrics, events, answer } = await slow(context)
    const first = metrics.collect()
    context.mock.timers.tick(otelLimits.observationTimeoutMs)
    await first
    assert.deepEqual(valuesOf(await metrics.collect()), { depth: 1 })
    assert.deepEqual(events, ['slow', 'slow'])
    answer(5)
    await settled()
    const last = metrics.collect()
    answer(6)
    assert.deepEqual(valuesOf(await last), { depth: 6 })
    assert.deepEqual(events, ['slow', 'slow'])
  })
})

describe('ApplicationMetrics.collectNow()', () => {
  test('returns present values of synchronous instruments, and last values of others', async () => {
    const { metrics, meter } = prepared()
    const counter = meter.createCounter('orders')
    let depth = 1
    meter.createObservableGauge('depth').addCallback((result) => result.observe(depth))
    counter.add(1)
    await metrics.collect()
    counter.add(1)
    depth = 2
    assert.deepEqual(valuesOf(metrics.collectNow()), { orders: 2, depth: 1 })
  })

  test('returns present values of the observable instruments of this package', () => {
    const { metrics } = prepared()
    const meter = metrics.provider.getMeter(ownScope)
    meter.createObservableGauge('memory').addCallback((result) => {
      result.observe(1)
      result.observe(2, { kind: 'heap' })
    })
    const [memory] = metrics.collectNow()
    assert.deepEqual(memory?.points, [
      { attributes: {}, value: 1 },
      { attributes: { kind: 'heap' }, value: 2 },
    ])
  })

  test('returns nothing before the first meter', () => {
    assert.deepEqual(prepared().metrics.collectNow(), [])
  })

  test('leaves out a metric that the relay cannot carry, and reports its name once', () => {
    const { metrics, meter, events } = prepared()
    const options = { advice: { explicitBucketBoundaries: [1, 1] } }
    meter.createHistogram('wait', options).record(1)
    meter.createCounter('orders').add(1)
    for (let count = 0; count < 2; count += 1) {
      assert.deepEqual(valuesOf(metrics.collectNow()), { orders: 1 })
    }
    assert.deepEqual(events, ['unsupported wait'])
  })
})

function prepared(isExponential = false) {
  const events: string[] = []
  const metrics = new ApplicationMetrics({
    sdk,
    isExponential,
    onUnsupported: (name) => events.push(`unsupported ${name}`),
    onSlow: () => events.push('slow'),
    onFailed: (error) => events.push(`failed ${error}`),
  })
  return { metrics, events, meter: metrics.provider.getMeter('app') }
}

/** With an observable gauge that has the value 1, and then waits for `answer`. */
async function slow(context: TestContext) {
  const { metrics, events, meter } = prepared()
  const answers: ((depth: number) => void)[] = []
  let isSlow = false
  meter.createObservableGauge('depth').addCallback(async (result) => {
    result.observe(isSlow ? await new Promise<number>((resolve) => answers.push(resolve)) : 1)
  })
  await metrics.collect()
  isSlow = true
  context.mock.timers.enable({ apis: ['setTimeout'] })
  return { metrics, events, meter, answer: (depth: number) => answers.shift()?.(depth) }
}

/** Resolves after all promises that can settle now. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

function valuesOf(metrics: readonly Metric[]): Record<string, unknown> {
  return Object.fromEntries(
    metrics.map(({ descriptor, points }) => [descriptor.name, points[0]?.value]),
  )
}
