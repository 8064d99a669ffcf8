import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { BatchObservableCallback, Meter } from '@opentelemetry/api'
import { AggregationType, MeterProvider, type ViewOptions } from '@opentelemetry/sdk-metrics'
import { ownScope } from '../../../src/model/own-scope.ts'
import { sharedProvider } from '../../../src/otel/shared/shared-provider.ts'
import { shareSdk } from '../../../src/otel/shared/shared-sdk.ts'
import { Reader } from '../../support/otel/collecting-reader.ts'

interface Sides {
  readonly theirs: MeterProvider
  readonly readers: readonly Reader[]
  readonly ours: Reader
  readonly share: () => boolean
  /** How often the preload was asked for its provider. */
  readonly asked: () => number
}

function setUp(readerCount = 1, views: ViewOptions[] = []): Sides {
  const readers = Array.from({ length: readerCount }, () => new Reader())
  const theirs = new MeterProvider({ readers, views })
  const ours = new Reader()
  const provider = new MeterProvider({ readers: [ours] })
  let count = 0
  const offer = (): MeterProvider => {
    count += 1
    return provider
  }
  return { theirs, readers, ours, share: () => shareSdk(theirs, offer, failed), asked: () => count }
}

/** No test of this kind meets a fault. */
function failed(): never {
  throw new Error('a fault of our side')
}

/** Uses each kind of instrument. @returns a function that measures once more. */
function measure(meter: Meter): () => void {
  const counter = meter.createCounter('counter')
  const upDown = meter.createUpDownCounter('upDown')
  const histogram = meter.createHistogram('histogram', {
    unit: 's',
    advice: { explicitBucketBoundaries: [1, 5] },
  })
  const gauge = meter.createGauge('gauge')
  meter.createObservableCounter('seen').addCallback((result) => result.observe(7, { at: 'door' }))
  meter.createObservableUpDownCounter('queue').addCallback((result) => result.observe(-2))
  const level = meter.createObservableGauge('level')
  const removed = meter.createObservableGauge('removed')
  const callback: BatchObservableCallback = (result) => {
    result.observe(level, 0.5)
    result.observe(removed, 1)
  }
  meter.addBatchObservableCallback(callback, [level])
  return () => {
    counter.add(3, { kind: 'pen' })
    upDown.add(-1)
    histogram.record(4)
    gauge.record(21)
  }
}

const names = ['counter', 'upDown', 'histogram', 'gauge', 'seen', 'queue', 'level', 'removed']

async function assertEqualSides({ readers, ours }: Sides): Promise<void> {
  for (const name of names) {
    const values = await ours.values(name)
    for (const reader of readers) assert.deepEqual(await reader.values(name), values, name)
    assert.equal(values.length, name === 'removed' ? 0 : 1, name)
  }
}

describe('An SDK of the application shares', () => {
  for (const readerCount of [1, 2]) {
    test(`instruments from before the preload (readers: ${readerCount})`, async () => {
      const sides = setUp(readerCount)
      const again = measure(sides.theirs.getMeter('shop', '1.2.3'))
      assert.ok(sides.share())
      again()
      await assertEqualSides(sides)
    })

    test(`later instruments of a meter from before (readers: ${readerCount})`, async () => {
      const sides = setUp(readerCount)
      const meter = sides.theirs.getMeter('shop')
      assert.ok(sides.share())
      measure(meter)()
      await assertEqualSides(sides)
    })

    test(`instruments of later meters (readers: ${readerCount})`, async () => {
      const sides = setUp(readerCount)
      assert.ok(sides.share())
      assert.equal(sides.asked(), 0)
      measure(sides.theirs.getMeter('shop'))()
      await assertEqualSides(sides)
    })
  }

  test('an instrument once that the application makes before and after', async () => {
    const sides = setUp(2)
    const counters = [sides.theirs.getMeter('shop').createCounter('counter')]
    assert.ok(sides.share())
    for (let count = 0; count < 2; count += 1) {
      counters.push(sides.theirs.getMeter('shop').createCounter('counter'))
    }
    for (const counter of counters) counter.add(1)
    assert.deepEqual(await sides.ours.values('counter'), [{ value: 3, attributes: {} }])
    for (const reader of sides.readers) {
      assert.deepEqual(await reader.values('counter'), [{ value: 3, attributes: {} }])
    }
  })

  test('no callback that the application has removed', async () => {
    const sides = setUp()
    const meter = sides.theirs.getMeter('shop')
    const [one, batched] = [meter.createObservableGauge('one'), meter.createObservableGauge('two')]
    const single = (result: { observe: (value: number) => void }): void => result.observe(1)
    const batch: BatchObservableCallback = (result) => result.observe(batched, 1)
    one.addCallback(single)
    meter.addBatchObservableCallback(batch, [batched])
    assert.ok(sides.share())
    one.removeCallback(single)
    meter.removeBatchObservableCallback(batch, [batched])
    for (const name of ['one', 'two']) assert.deepEqual(await sides.ours.values(name), [])
  })

  test('the valid instruments of a batch that also has another value', async () => {
    const sides = setUp()
    assert.ok(sides.share())
    const meter = sides.theirs.getMeter('shop')
    const gauge = meter.createObservableGauge('one')
    const others = [null, undefined, {}] as unknown as (typeof gauge)[]
    meter.addBatchObservableCallback((result) => result.observe(gauge, 1), [...others, gauge])
    assert.equal((await sides.ours.values('one')).length, 1)
  })

  test('later instruments without their Views', async () => {
    const attributesProcessors: ViewOptions['attributesProcessors'] = [{ process: () => ({}) }]
    const sides = setUp(1, [
      { instrumentName: 'counter', name: 'renamed', attributesProcessors },
      { instrumentName: 'gauge', aggregation: { type: AggregationType.DROP } },
    ])
    assert.ok(sides.share())
    const meter = sides.theirs.getMeter('shop')
    meter.createCounter('counter').add(1, { kind: 'pen' })
    meter.createGauge('gauge').record(2)
    assert.equal((await sides.readers[0]?.values('renamed'))?.length, 1)
    assert.deepEqual(await sides.ours.values('counter'), [
      { value: 1, attributes: { kind: 'pen' } },
    ])
    assert.equal((await sides.ours.values('gauge')).length, 1)
  })

  test('no metric of GunicornInstrumentation', async () => {
    const sides = setUp()
    const counter = sides.theirs.getMeter(ownScope).createCounter('counter')
    assert.ok(sides.share())
    counter.add(1)
    assert.deepEqual(await sides.ours.values('counter'), [])
    assert.equal(sides.asked(), 0)
  })

  test('its later meters only where it is frozen or unknown', () => {
    const { theirs } = setUp()
    Object.freeze(Reflect.get(theirs, '_sharedState'))
    assert.equal(
      shareSdk(theirs, () => undefined, failed),
      false,
    )
    const unknown = { getMeter: () => setUp().theirs.getMeter('shop') }
    assert.equal(
      shareSdk(unknown, () => undefined, failed),
      false,
    )
  })

  test('nothing while the exporter is off, and works', async () => {
    const { theirs, readers } = setUp()
    const again = measure(theirs.getMeter('shop'))
    assert.ok(shareSdk(theirs, () => undefined, failed))
    again()
    measure(theirs.getMeter('later'))()
    assert.equal((await readers[0]?.values('counter'))?.length, 1)
  })

  test('each value with the application first, and no error of the other side', async () => {
    for (const share of [shareSdk, sharedProvider]) {
      const { theirs, readers } = setUp()
      let faults = 0
      let calls = 0
      const add = (): void => {
        calls += 1
        throw new Error('our instrument')
      }
      const brokenMeter = { createCounter: () => ({ add }) } as unknown as Meter
      const countFault = (): void => {
        faults += 1
      }
      const shared = share(theirs, () => ({ getMeter: () => brokenMeter }), countFault)
      const meter = (typeof shared === 'boolean' ? theirs : shared).getMeter('shop')
      meter.createCounter('counter').add(3)
      assert.deepEqual([calls, faults], [1, 1], share.name)
      const [counted] = (await readers[0]?.values('counter')) ?? []
      assert.equal(counted?.value, 3, share.name)
    }
  })

  test('an instrument with the application alone if the other side cannot make it', async () => {
    let faults = 0
    const { theirs, readers } = setUp()
    const countFault = (): void => {
      faults += 1
    }
    const again = measure(theirs.getMeter('early'))
    const broken = (): never => {
      throw new Error('our provider')
    }
    assert.ok(shareSdk(theirs, broken, countFault))
    again()
    measure(theirs.getMeter('later'))()
    assert.equal((await readers[0]?.values('level'))?.length, 1)
    assert.ok(faults > 1)
  })
})
