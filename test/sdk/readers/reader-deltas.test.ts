import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Meter } from '@opentelemetry/api'
import { emptyResource } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  type Histogram,
  type IMetricReader,
  InstrumentType,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import { toOtel } from '../../../src/otel/to-otel.ts'
import { clusterMetricReaders } from '../../../src/sdk/cluster-metric-readers.ts'
import { ReaderDeltas, type Totals } from '../../../src/sdk/readers/reader-deltas.ts'

const { CUMULATIVE, DELTA } = AggregationTemporality

/** Keeps what arrived, and can fail. */
class MemoryExporter implements PushMetricExporter {
  isFailing = false
  #arrived: Arrived = {}
  readonly #temporality: (type: InstrumentType) => AggregationTemporality

  constructor(temporality: (type: InstrumentType) => AggregationTemporality) {
    this.#temporality = temporality
  }

  selectAggregationTemporality(type: InstrumentType): AggregationTemporality {
    return this.#temporality(type)
  }

  export: PushMetricExporter['export'] = ({ scopeMetrics }, callback) => {
    if (!this.isFailing) this.#arrived = shown(scopeMetrics.flatMap(({ metrics }) => metrics))
    callback({ code: this.isFailing ? 1 : 0 })
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}

  /** What arrived since the last call. */
  take(): Arrived {
    const arrived = this.#arrived
    this.#arrived = {}
    return arrived
  }
}

/** By name: the temporality, and the values without zeros. */
type Arrived = Record<string, readonly [temporality: AggregationTemporality, values: unknown[]]>

function shown(metrics: readonly MetricData[]): Arrived {
  const entries = metrics.map(({ descriptor, aggregationTemporality, dataPoints }) => {
    const points = dataPoints as DataPoint<number | Histogram>[]
    const values = points.map(({ attributes, value }) => [attributes, plain(value)])
    const kept = values.filter(([, value]) => value !== 0 && value !== '0 []')
    return [descriptor.name, [aggregationTemporality, kept]] as const
  })
  return Object.fromEntries(entries.filter(([, [, values]]) => values.length > 0))
}

function plain(value: number | Histogram): unknown {
  if (typeof value === 'number') return value
  const { count, sum, buckets } = value
  return { count, sum, buckets: buckets?.counts }
}

interface Measured {
  readonly step: (count: number) => void
  readonly flush: () => Promise<void>
}

/** Starts an SDK that measures the same with each reader. */
function measure(readers: IMetricReader[]): Measured {
  const provider = new MeterProvider({ readers })
  const meter: Meter = provider.getMeter('shop')
  const orders = meter.createCounter('orders')
  const baskets = meter.createUpDownCounter('baskets')
  const amount = meter.createHistogram('amount', {
    advice: { explicitBucketBoundaries: [1, 10] },
  })
  let sold = 0
  meter.createObservableCounter('sold').addCallback((result) => result.observe(sold))
  meter.createObservableGauge('level').addCallback((result) => result.observe(sold))
  return {
    step(count) {
      sold += count
      orders.add(count, { kind: 'online' })
      baskets.add(count)
      amount.record(count)
    },
    flush: () => provider.forceFlush(),
  }
}

function readerOf(exporter: PushMetricExporter): PeriodicExportingMetricReader {
  return new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 86_400_000 })
}

/** As the exporters of OTel choose. */
const preferences = {
  delta: (type: InstrumentType) => (isUpDown(type) ? CUMULATIVE : DELTA),
  lowmemory: (type: InstrumentType) =>
    type === InstrumentType.COUNTER || type === InstrumentType.HISTOGRAM ? DELTA : CUMULATIVE,
  cumulative: () => CUMULATIVE,
}

function isUpDown(type: InstrumentType): boolean {
  return (
    type === InstrumentType.UP_DOWN_COUNTER || type === InstrumentType.OBSERVABLE_UP_DOWN_COUNTER
  )
}

describe('clusterMetricReaders', () => {
  test('gives a reader of deltas what an SDK gives, also after a failed export', async () => {
    const [own, plainOne] = [0, 1].map(() => new MemoryExporter(preferences.delta))
    assert.ok(own && plainOne)
    const readers = clusterMetricReaders({ readers: () => [readerOf(own)] })
    const { step, flush } = measure([...readers, readerOf(plainOne)])
    // Gauges have no temporality that counts.
    const taken = (exporter: MemoryExporter): Arrived => {
      const { level: _, ...arrived } = exporter.take()
      return arrived
    }
    for (const [count, isFailing] of [
      [5, false],
      [7, true],
      [2, false],
      [3, false],
    ] as const) {
      step(count)
      own.isFailing = plainOne.isFailing = isFailing
      await flush()
      const arrived = taken(own)
      assert.deepEqual(arrived, taken(plainOne), `step ${count}`)
      const orders = isFailing ? undefined : [DELTA, [[{ kind: 'online' }, count]]]
      assert.deepEqual(arrived['orders'], orders)
    }
  })

  test('gives each reader its own temporality and its own last values', async () => {
    const exporters = {
      delta: new MemoryExporter(preferences.delta),
      late: new MemoryExporter(preferences.delta),
      lowmemory: new MemoryExporter(preferences.lowmemory),
      cumulative: new MemoryExporter(preferences.cumulative),
      all: new MemoryExporter(() => DELTA),
    }
    const readers = clusterMetricReaders({ readers: () => Object.values(exporters).map(readerOf) })
    const { step, flush } = measure(readers)
    const [, late] = readers
    step(5)
    await flush()
    step(2)
    for (const reader of readers) if (reader !== late) await reader.forceFlush()
    step(1)
    await late?.forceFlush()
    const seen = Object.fromEntries(
      Object.entries(exporters).map(([name, exporter]) => {
        const { orders, sold, baskets } = exporter.take()
        return [name, [orders, sold, baskets].map((each) => [each?.[0], ...valuesOf(each)])]
      }),
    )
    const [delta, total] = [
      (value: number) => [DELTA, value],
      (value: number) => [CUMULATIVE, value],
    ]
    assert.deepEqual(seen, {
      delta: [delta(2), delta(2), total(7)],
      late: [delta(3), delta(3), total(8)],
      // The SDK does not tell the instruments of the joined counters.
      lowmemory: [delta(2), delta(2), total(7)],
      cumulative: [total(7), total(7), total(7)],
      all: [delta(2), delta(2), total(7)],
    })
  })

  test('leaves minimum and maximum out of a difference of totals', async () => {
    const exporter = new MemoryExporter(preferences.delta)
    const seen: unknown[] = []
    exporter.export = ({ scopeMetrics: [scope] }, callback) => {
      const data = scope?.metrics.find(({ descriptor }) => descriptor.name === 'amount')
      const [point] = (data?.dataPoints ?? []) as DataPoint<Histogram>[]
      const { sum, min, max } = point?.value ?? {}
      seen.push([sum, min, max])
      callback({ code: 0 })
    }
    const { step, flush } = measure(clusterMetricReaders({ readers: () => [readerOf(exporter)] }))
    for (const count of [5, 7]) {
      step(count)
      await flush()
    }
    assert.deepEqual(seen, [
      [5, 5, 5],
      [7, undefined, undefined],
    ])
  })
})

function valuesOf(arrived: Arrived[string] | undefined): unknown[] {
  return (arrived?.[1] ?? []).map((pair) => (pair as unknown[])[1])
}

describe('ReaderDeltas', () => {
  test('wait where the metrics of the workers are missing, and lose no count', async () => {
    const deltas = new ReaderDeltas(new Set(['counter']))
    const collected = async (value: number, isComplete: boolean): Promise<unknown> =>
      ordersOf(await deltas.collect(async () => totals(value, isComplete)))
    assert.deepEqual(await collected(600, true), [600])
    assert.deepEqual(await collected(100, false), [])
    assert.deepEqual(await collected(605, true), [5])
  })

  test('count once although a second collection begins before the first ends', async () => {
    const deltas = new ReaderDeltas(new Set(['counter']))
    let total = 5
    const collected = async (pauses: number): Promise<unknown[]> => {
      const result = await deltas.collect(async () => {
        const now = total
        for (let pause = 0; pause < pauses; pause += 1) await setImmediate()
        return totals(now)
      })
      return ordersOf(result)
    }
    const first = collected(10)
    await setImmediate()
    total = 7
    assert.deepEqual([await collected(0), await first], [[2], [5]])
  })

  test('go on after a collection that fails', async () => {
    const deltas = new ReaderDeltas(new Set(['counter']))
    await deltas.collect(async () => totals(5))
    const failed = deltas.collect(async () => {
      throw new Error('no metrics')
    })
    await assert.rejects(failed, /no metrics/)
    assert.deepEqual(ordersOf(await deltas.collect(async () => totals(6))), [1])
  })
})

function totals(value: number, isComplete = true): Totals {
  const descriptor = { name: 'orders', kind: 'counter', unit: '', description: '' } as const
  const metric = {
    descriptor: { ...descriptor, scope: 'shop' },
    points: [{ attributes: {}, value }],
  }
  const scopeMetrics = toOtel([metric], { now: 2_000, startOf: () => 1 })
  const resource = emptyResource()
  return { resourceMetrics: { resource, scopeMetrics }, errors: [], isComplete }
}

function ordersOf({ resourceMetrics }: CollectionResult): unknown[] {
  return resourceMetrics.scopeMetrics.flatMap(({ metrics }) =>
    metrics.flatMap(({ dataPoints }) => dataPoints.map(({ value }) => value)),
  )
}
