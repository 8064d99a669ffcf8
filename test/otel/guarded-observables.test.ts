import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ObservableCallback } from '@opentelemetry/api'
import { ApplicationMetrics } from '../../src/otel/application-metrics.ts'
import * as sdk from '../../src/otel/bundled/sdk.ts'
import { FailingObservables } from '../../src/otel/failing-observables.ts'
import { ObservableError } from '../../src/otel/guarded-observables.ts'
import { guardedProvider } from '../../src/otel/guarded-provider.ts'

const fails: ObservableCallback = () => {
  throw new RangeError('empty')
}

describe('A guarded observable', () => {
  it('names its metric in the error, and keeps the values of others', async () => {
    const { metrics, meter, errors } = prepared()
    meter.createObservableCounter('bad').addCallback(fails)
    meter.createObservableUpDownCounter('good').addCallback((result) => result.observe(7))
    const names = (await metrics.collect()).map(({ descriptor }) => descriptor.name)
    assert.deepEqual(
      names.filter((name) => name === 'good'),
      ['good'],
    )
    const [error] = errors
    assert.ok(error instanceof ObservableError)
    assert.equal(error.metrics, 'bad')
    assert.ok(error.cause instanceof RangeError)
  })

  it('calls a callback once that was added twice, and not after its removal', async () => {
    const { metrics, meter, errors } = prepared()
    const gauge = meter.createObservableGauge('bad')
    for (let count = 0; count < 2; count += 1) gauge.addCallback(fails)
    await metrics.collect()
    assert.equal(errors.length, 1)
    gauge.removeCallback(fails)
    await metrics.collect()
    assert.equal(errors.length, 1)
  })

  it('names at most three metrics of a batch, which can be removed', async () => {
    const { metrics, meter, errors } = prepared()
    const batch = ['a', 'b', 'c', 'd'].map((name) => meter.createObservableGauge(name))
    const callback = (): void => {
      throw new RangeError('empty')
    }
    meter.addBatchObservableCallback(callback, batch)
    await metrics.collect()
    assert.deepEqual(
      errors.map((error) => error instanceof ObservableError && error.metrics),
      ['a, b, c'],
    )
    meter.removeBatchObservableCallback(callback, batch)
    await metrics.collect()
    assert.equal(errors.length, 1)
  })
})

describe('FailingObservables', () => {
  it('tells each metric once, and errors without a metric once each', () => {
    const texts: string[] = []
    const failing = new FailingObservables({
      describe: (error) => ({ name: 'Bad', message: String(error) }),
      warn: (text) => texts.push(text),
    })
    const errors = ['x', 'y'].map((cause) => new ObservableError('depth', { cause }))
    for (const error of [...errors, 'x', 'x', '']) failing.tell(error)
    assert.deepEqual(texts, [
      'the observable callback of depth failed, and its values are left out: Bad: x ' +
        '(GPE_CALLBACK_FAILED)',
      'an observable callback failed, and its values are left out: Bad: x (GPE_CALLBACK_FAILED)',
      'an observable callback failed, and its values are left out: Bad (GPE_CALLBACK_FAILED)',
    ])
  })
})

function prepared() {
  const errors: unknown[] = []
  const metrics = new ApplicationMetrics({
    sdk,
    isExponential: false,
    onUnsupported: () => {},
    onSlow: () => {},
    onFailed: (error) => errors.push(error),
  })
  const meter = guardedProvider(metrics.provider, { onFault() {} }).getMeter('shop')
  return { metrics, meter, errors }
}
