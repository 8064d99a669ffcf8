import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DataPoint, Histogram, ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { pushLimits } from '../../src/limits/push.ts'
import { attributeKey } from '../../src/model/attribute-key.ts'
import type { HistogramValue, Metric, MetricKind, Point } from '../../src/model/metric.ts'
import { ownScope } from '../../src/model/own-scope.ts'
import { Deltas, deltaInstruments } from '../../src/otel/deltas.ts'
import { toOtel } from '../../src/otel/to-otel.ts'
import { batchesOf } from '../../src/push/push-batches.ts'
import { exponential } from '../support/otel/exponential.ts'
import { Random } from '../support/random.ts'

const bounds = [1, 10]
const start = 1_700_000_000

describe('Deltas', () => {
  test('add up to the totals although pushes fail', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const random = new Random(seed)
      const cluster = new Cluster(random)
      const receiver = new Receiver()
      const deltas = new Deltas({ instruments: deltaInstruments.delta, takenBefore: undefined })
      for (let push = 0; push < 20; push += 1) {
        cluster.work()
        pushOnce({ cluster, receiver, deltas, fails: () => random.chance(0.3) })
      }
      pushOnce({ cluster, receiver, deltas, fails: () => false })
      assert.deepEqual(receiver.totals, cluster.totals(), `seed ${seed}`)
    }
  })

  test('leave out a series without an increase, but include a new series', () => {
    const deltas = new Deltas({ instruments: deltaInstruments.delta, takenBefore: undefined })
    const seen = (value: number): unknown => pushed(deltas, [metric('counter', value)])
    assert.deepEqual([seen(0), seen(0), seen(2), seen(2)], [[0], [], [2], []])
  })

  test('begin at the last accepted push, and the first delta at the start of the series', () => {
    const deltas = new Deltas({ instruments: deltaInstruments.delta, takenBefore: undefined })
    const times = (now: number, isAccepted: boolean): unknown => {
      const { scopes, commit } = deltas.convert(at([metric('counter', now)], now))
      if (isAccepted) commit()
      return pointsOf(scopes).map(({ startTime, endTime }) => [startTime[0], endTime[0]])
    }
    assert.deepEqual(times(start + 10, true), [[start, start + 10]])
    assert.deepEqual(times(start + 20, false), [[start + 10, start + 20]])
    assert.deepEqual(times(start + 30, true), [[start + 10, start + 30]])
    assert.deepEqual(times(start + 40, true), [[start + 30, start + 40]])
  })

  test('begin where the last delta ended, also after pushes without an increase', () => {
    const deltas = new Deltas({ instruments: deltaInstruments.delta, takenBefore: undefined })
    const times = [5, 5, 5, 6].map((value, index) => {
      const { scopes, commit } = deltas.convert(at([metric('counter', value)], start + 10 * index))
      commit()
      return pointsOf(scopes).map(({ startTime, endTime }) => [startTime[0], endTime[0]])
    })
    assert.deepEqual(times, [[[start, start]], [], [], [[start, start + 30]]])
  })

  test('include the whole value of a series that starts again', () => {
    const deltas = new Deltas({ instruments: deltaInstruments.delta, takenBefore: undefined })
    const seen = [5, 2, 3].map((value, index) => {
      const { scopes, commit } = deltas.convert(at([metric('counter', value)], start + 10 * index))
      commit()
      return pointsOf(scopes).map((point) => [point.startTime[0] - start, point.value])
    })
    assert.deepEqual(seen, [[[0, 5]], [[0, 2]], [[10, 1]]])
  })

  test('of an exponential histogram have its current scale', () => {
    const deltas = new Deltas({ instruments: deltaInstruments.delta, takenBefore: undefined })
    const before = exponential({ scale: 1, positive: { offset: 2, counts: [1, 2] }, sum: 7 })
    const now = exponential({ scale: 0, positive: { offset: 0, counts: [4, 5] }, sum: 20 })
    pushed(deltas, [metric('exponentialHistogram', before)])
    assert.deepEqual(pushed(deltas, [metric('exponentialHistogram', now)]), [
      {
        count: 6,
        sum: 13,
        scale: 0,
        zeroCount: 0,
        positive: { offset: 0, bucketCounts: [4, 2] },
        negative: { offset: 0, bucketCounts: [] },
      },
    ])
  })

  for (const [difference, one, other] of [
    ['schema URL', {}, { schemaUrl: 'https://schema.test/2' }],
    ['type', {}, { kind: 'histogram', bounds }],
    ['list of buckets', { kind: 'histogram', bounds }, { kind: 'histogram', bounds: [1, 20] }],
  ] as const) {
    test(`keep two metrics apart that differ only in their ${difference}`, () => {
      const deltas = new Deltas({ instruments: deltaInstruments.delta, takenBefore: undefined })
      const seen = (count: number): unknown => {
        const scopes = [one, other].flatMap((parts, index) => {
          const { descriptor } = metric('counter', 0)
          const total = count * (index + 1)
          const value = 'bounds' in parts ? { ...zero, count: total, sum: 0 } : total
          return at([
            { descriptor: { ...descriptor, ...parts }, points: points(new Map([['a', value]])) },
          ])
        })
        deltas.retain(scopes)
        const { scopes: part, commit } = deltas.convert(scopes)
        commit()
        return pointsOf(part).map(({ value }) => flat(value)[0])
      }
      assert.deepEqual([seen(5), seen(7), seen(7)], [[5, 10], [2, 4], []])
    })
  }

  test('forget series that are gone', () => {
    const deltas = new Deltas({ instruments: deltaInstruments.delta, takenBefore: undefined })
    pushed(deltas, [metric('counter', 5)])
    pushed(deltas, [])
    assert.deepEqual(pushed(deltas, [metric('counter', 5)]), [5])
  })

  test('count from the first value after a crash of the thread', () => {
    const deltas = new Deltas({ instruments: deltaInstruments.delta, takenBefore: start })
    assert.deepEqual(pushed(deltas, [metric('counter', 1_000)]), [])
    assert.deepEqual(pushed(deltas, [metric('counter', 1_003)]), [3])
    const later = new Deltas({ instruments: deltaInstruments.delta, takenBefore: start - 1 })
    assert.deepEqual(pushed(later, [metric('counter', 5)]), [5])
  })

  test('include the whole value of a new series pushLimits.refillSeconds after a crash', () => {
    const deltas = new Deltas({ instruments: deltaInstruments.delta, takenBefore: start })
    const seen = (names: readonly string[], now: number): unknown => {
      const scopes = at(
        names.map((name) => metric('counter', 7, name)),
        now,
      )
      deltas.retain(scopes)
      const { scopes: converted, commit } = deltas.convert(scopes)
      commit()
      return pointsOf(converted).map(({ value }) => value)
    }
    const first = start + 100
    const last = first + pushLimits.refillSeconds
    assert.deepEqual(seen(['a'], first), [])
    assert.deepEqual(seen(['a', 'b'], last), [])
    assert.deepEqual(seen(['a', 'b', 'c'], last + 1), [7])
    assert.deepEqual(seen(['a', 'b', 'c'], last + 2), [])
  })

  for (const [temporality, scope, kind, isDelta] of [
    ['delta', 'shop', 'counter', true],
    ['delta', ownScope, 'counter', true],
    ['delta', 'shop', 'histogram', true],
    ['delta', 'shop', 'exponentialHistogram', true],
    ['delta', 'shop', 'upDownCounter', false],
    ['delta', 'shop', 'gauge', false],
    ['lowmemory', 'shop', 'counter', true],
    ['lowmemory', ownScope, 'counter', false],
    ['lowmemory', ownScope, 'histogram', true],
    ['lowmemory', 'shop', 'upDownCounter', false],
  ] as const) {
    test(`${isDelta ? 'convert' : 'leave'} a ${kind} of ${scope} for ${temporality}`, () => {
      const deltas = new Deltas({
        instruments: deltaInstruments[temporality],
        takenBefore: undefined,
      })
      const value = values[kind] ?? 5
      const scopes = at([metric(kind, value, scope)])
      deltas.convert(scopes).commit()
      const again = deltas.convert(scopes).scopes
      assert.deepEqual(again, isDelta ? [] : scopes)
    })
  }
})

describe('Batches of a push', () => {
  test('contain each point once, in order, up to their limit', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const random = new Random(seed)
      const metrics = Array.from({ length: random.below(8) }, (_, index): Metric => {
        const points = Array.from({ length: random.below(9) }, (_point, value) => ({
          attributes: { value },
          value,
        }))
        const scope = `scope ${random.below(3)}`
        const { descriptor } = metric('counter', 0, scope)
        return { descriptor: { ...descriptor, name: `n${index}` }, points }
      })
      const scopes = at(metrics)
      const most = 1 + random.below(6)
      const batches = batchesOf(scopes, most)
      const sizes = batches.map((batch) => pointsOf(batch).length)
      assert.deepEqual(batches.flatMap(valuesOf), valuesOf(scopes), `seed ${seed}`)
      assert.ok(sizes.slice(0, -1).every((size) => size === most) && (sizes.at(-1) ?? 1) <= most)
    }
  })
})

interface Push {
  readonly cluster: Cluster
  readonly receiver: Receiver
  readonly deltas: Deltas
  readonly fails: () => boolean
}

/** As the pusher does it: the first batch that fails is the last that is tried. */
function pushOnce({ cluster, receiver, deltas, fails }: Push): void {
  const scopes = at(cluster.metrics())
  deltas.retain(scopes)
  for (const batch of batchesOf(scopes, 5)) {
    if (fails()) return
    const { scopes: part, commit } = deltas.convert(batch)
    receiver.take(part)
    commit()
  }
}

const values: Partial<Record<MetricKind, Point['value']>> = {
  histogram: { count: 1, sum: 5, counts: [0, 1, 0] },
  exponentialHistogram: exponential({ zeroCount: 1 }),
}

/** Series that come into being and grow; a receiver that never sees a zero has no total of it. */
class Cluster {
  readonly #random: Random
  readonly #counters = new Map<string, number>()
  readonly #histograms = new Map<string, HistogramValue>()

  constructor(random: Random) {
    this.#random = random
  }

  work(): void {
    for (let index = 0; index < 12; index += 1) {
      if (this.#random.chance(0.6)) continue
      const name = `series ${index}`
      // Halves are exact, so that sums do not depend on their order.
      const amount = this.#random.below(40) / 2
      this.#counters.set(name, (this.#counters.get(name) ?? 0) + amount)
      const { count, sum, counts } = this.#histograms.get(name) ?? zero
      const bucket = amount <= 1 ? 0 : amount <= 10 ? 1 : 2
      const grown = counts.map((each, at) => each + (at === bucket ? 1 : 0))
      this.#histograms.set(name, { count: count + 1, sum: sum + amount, counts: grown })
    }
  }

  metrics(): Metric[] {
    return [
      { ...metric('counter', 0), points: points(this.#counters) },
      { ...metric('histogram', zero), points: points(this.#histograms) },
    ]
  }

  totals(): Map<string, unknown> {
    const all = at(this.metrics()).flatMap(({ metrics }) =>
      metrics.flatMap(({ descriptor, dataPoints }) =>
        (dataPoints as AnyPoint[]).map(({ attributes, value }): [string, unknown] => [
          descriptor.name + attributeKey(attributes),
          flat(value),
        ]),
      ),
    )
    return new Map(all.sort())
  }
}

class Receiver {
  readonly #totals = new Map<string, readonly number[]>()

  take(scopes: readonly ScopeMetrics[]): void {
    for (const { descriptor, aggregationTemporality, dataPoints } of scopes.flatMap(
      ({ metrics }) => metrics,
    )) {
      assert.equal(aggregationTemporality, 0)
      for (const { attributes, value } of dataPoints as AnyPoint[]) {
        const key = descriptor.name + attributeKey(attributes)
        const before = this.#totals.get(key)
        const added = flat(value)
        this.#totals.set(
          key,
          added.map((each, index) => each + (before?.[index] ?? 0)),
        )
      }
    }
  }

  get totals(): Map<string, unknown> {
    return new Map([...this.#totals].sort())
  }
}

type AnyPoint = DataPoint<number | Histogram>

const zero = { count: 0, sum: 0, counts: [0, 0, 0] }

function points(values: ReadonlyMap<string, Point['value']>): Point[] {
  return Array.from(values, ([name, value]) => ({ attributes: { name }, value }))
}

function flat(value: number | Histogram): number[] {
  return typeof value === 'number'
    ? [value]
    : [value.count, value.sum ?? 0, ...value.buckets.counts]
}

function metric(kind: MetricKind, value: Point['value'], scope = 'shop'): Metric {
  const descriptor = { name: kind, kind, unit: '', description: '', scope }
  return {
    descriptor: kind === 'histogram' ? { ...descriptor, bounds } : descriptor,
    points: [{ attributes: {}, value }],
  }
}

function at(metrics: readonly Metric[], seconds = start + 1): ScopeMetrics[] {
  return toOtel(metrics, { now: 1_000 * seconds, startOf: () => start })
}

function pushed(deltas: Deltas, metrics: readonly Metric[]): unknown {
  const scopes = at(metrics)
  deltas.retain(scopes)
  const { scopes: part, commit } = deltas.convert(scopes)
  commit()
  return pointsOf(part).map(({ value }) => value)
}

function pointsOf(scopes: readonly ScopeMetrics[]): AnyPoint[] {
  return scopes.flatMap(({ metrics }) =>
    metrics.flatMap(({ dataPoints }) => dataPoints as AnyPoint[]),
  )
}

/** Each point with its scope and its metric. */
function valuesOf(scopes: readonly ScopeMetrics[]): unknown[] {
  return scopes.flatMap(({ scope, metrics }) =>
    metrics.flatMap(({ descriptor, dataPoints }) =>
      (dataPoints as AnyPoint[]).map(({ value }) => [scope.name, descriptor.name, value]),
    ),
  )
}
