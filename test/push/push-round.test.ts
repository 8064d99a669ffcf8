import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DataPoint, ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { pushLimits } from '../../src/limits/push.ts'
import type { Metric } from '../../src/model/metric.ts'
import { Deltas } from '../../src/otel/deltas.ts'
import { toOtel } from '../../src/otel/to-otel.ts'
import { type Concern, type Outcome, unavailable } from '../../src/push/answers/outcome.ts'
import { metricsIn, pointsIn } from '../../src/push/push-batches.ts'
import { PushRound } from '../../src/push/push-round.ts'
import { RefusedMetrics } from '../../src/push/refused-metrics.ts'
import { RequestSize } from '../../src/push/request-size.ts'
import { Random } from '../support/random.ts'

const limits = { ...pushLimits, pushPoints: 40, pushesUntilLarger: 3 }

/** Counters that grow, of one to twelve series each. */
class Cluster {
  readonly #random: Random
  readonly totals = new Map<string, number>()
  readonly #sizes: readonly number[]

  constructor(random: Random) {
    this.#random = random
    this.#sizes = Array.from({ length: 30 }, () => 1 + random.below(12))
  }

  collect(now: number): ScopeMetrics[] {
    const metrics = this.#sizes.map((size, index): Metric => {
      const name = `m${index}`
      const points = Array.from({ length: size }, (_, number) => {
        const key = `${name} ${number}`
        const value = (this.totals.get(key) ?? 0) + 1 + this.#random.below(3)
        this.totals.set(key, value)
        return { attributes: { number }, value }
      })
      const kind = 'counter'
      return { descriptor: { name, kind, unit: '', description: '', scope: 'shop' }, points }
    })
    return toOtel(metrics, { now: 1_000 * now, startOf: () => 1 })
  }
}

/** Refuses some series and large requests, and is away at times. */
class Receiver {
  readonly totals = new Map<string, number>()
  readonly bad = new Set<string>()
  mostPoints = Number.POSITIVE_INFINITY
  concern: Concern = 'content'
  isAway = (): boolean => false
  requests = 0

  take(scopes: readonly ScopeMetrics[]): Outcome {
    this.requests += 1
    if (this.isAway()) return unavailable('away')
    const points = seriesIn(scopes)
    if (points.length > this.mostPoints) return refusal('413', 'size')
    if (points.some(({ key }) => this.bad.has(key))) return refusal('400', this.concern)
    for (const { key, value } of points) this.totals.set(key, (this.totals.get(key) ?? 0) + value)
    return { kind: 'accepted', partialSuccess: undefined }
  }
}

/** Another random behaviour. */
function change(receiver: Receiver, keys: readonly string[], random: Random): void {
  for (const key of keys) {
    if (random.chance(0.02)) receiver.bad.add(key)
    else if (random.chance(0.3)) receiver.bad.delete(key)
  }
  const chance = random.pick([0, 0, 0.1])
  receiver.isAway = () => random.chance(chance)
  receiver.concern = random.pick(['content', 'content', 'size', 'request'])
  receiver.mostPoints = random.pick([Number.POSITIVE_INFINITY, 25, 7])
}

function refusal(status: string, concerns: Concern): Outcome {
  return { kind: 'refused', concerns, status, reason: status }
}

function seriesIn(scopes: readonly ScopeMetrics[]): { key: string; value: number }[] {
  return metricsIn(scopes).flatMap(({ metric }) =>
    (metric.dataPoints as DataPoint<number>[]).map(({ attributes, value }) => ({
      key: `${metric.descriptor.name} ${attributes['number']}`,
      value,
    })),
  )
}

/** Pushes as the pusher does, with deltas. */
function pushing(
  cluster: Cluster,
  receiver: Receiver,
  own: Partial<Record<'pushRequests' | 'searchMs', number>> = {},
) {
  let now = 0
  let offset = 0
  const clock = (): number => now
  const refused = new RefusedMetrics(limits, clock)
  const size = new RequestSize(limits)
  const deltas = new Deltas({ instruments: new Set(['counter']), takenBefore: undefined })
  const push = async (minutes = 1) => {
    now += minutes * 60_000
    const scopes = cluster.collect(1_700_000_000 + now / 1_000)
    deltas.retain(scopes)
    const send = async (part: readonly ScopeMetrics[]) => receiver.take(part)
    const bounds = { ...limits, ...own }
    const round = new PushRound({ limits: bounds, send, deltas, size, refused })
    const before = receiver.requests
    const result = await round.run(scopes, offset)
    offset = result.tried === 0 ? 0 : offset + result.tried
    assert.ok(receiver.requests - before <= limits.pushRequests + limits.searchRequests)
    return result
  }
  return { push, refused, size }
}

describe('A push to a receiver that refuses at random', () => {
  test('loses nothing and sends nothing twice, until the receiver accepts all', async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = new Random(seed)
      const [cluster, receiver] = [new Cluster(random), new Receiver()]
      const { push } = pushing(cluster, receiver)
      for (let count = 0; count < 12; count += 1) {
        await push()
        change(receiver, [...cluster.totals.keys()], random)
      }
      Object.assign(receiver, { isAway: () => false, mostPoints: Number.POSITIVE_INFINITY })
      receiver.bad.clear()
      // Refused metrics are tried again after an hour at the latest.
      for (let count = 0; count < 4; count += 1) await push(61)
      assert.deepEqual(sorted(receiver.totals), sorted(cluster.totals), `seed ${seed}`)
    }
  })

  test('delivers all that the receiver accepts, in a few pushes', async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const random = new Random(seed)
      const [cluster, receiver] = [new Cluster(random), new Receiver()]
      const { push, refused } = pushing(cluster, receiver)
      await push()
      const keys = [...cluster.totals.keys()]
      receiver.bad.add(random.pick(keys))
      receiver.bad.add(random.pick(keys))
      receiver.mostPoints = random.pick([Number.POSITIVE_INFINITY, 9])
      for (let count = 0; count < 4; count += 1) await push()
      const missing = keys.filter((key) => receiver.totals.get(key) !== cluster.totals.get(key))
      assert.deepEqual(new Set(missing), receiver.bad, `seed ${seed}`)
      const points = refused.shown().map((shown) => shown.points)
      assert.ok(points.length <= receiver.bad.size, `seed ${seed}: ${points}`)
    }
  })
})

test('A search for many refused series ends after some pushes', async () => {
  const random = new Random(1)
  const [cluster, receiver] = [new Cluster(random), new Receiver()]
  const { push, refused } = pushing(cluster, receiver)
  await push()
  const keys = [...cluster.totals.keys()]
  for (let count = 0; count < 15; count += 1) receiver.bad.add(random.pick(keys))
  await push()
  assert.ok(refused.shown().length < receiver.bad.size, 'one push was enough')
  for (let count = 0; count < 15; count += 1) await push(0)
  const before = receiver.requests
  await push(0)
  assert.ok(receiver.requests - before <= requestsPerPush)
  const missing = keys.filter((key) => receiver.totals.get(key) !== cluster.totals.get(key))
  assert.deepEqual(new Set(missing), receiver.bad)
})

test('A search without time left sends no request, and the part alone later', async () => {
  const receiver = new Receiver()
  const { push } = pushing(new Cluster(new Random(1)), receiver, { searchMs: 0 })
  await push()
  receiver.bad.add('m3 0')
  receiver.requests = 0
  await push()
  assert.equal(receiver.requests, requestsPerPush)
  receiver.bad.clear()
  const { refusedPoints } = await push()
  assert.equal(refusedPoints.size, 0)
})

describe('The limit of requests', () => {
  test('lets a push succeed that needs all of them', async () => {
    const receiver = new Receiver()
    const { push } = pushing(new Cluster(new Random(1)), receiver, {
      pushRequests: requestsPerPush,
    })
    const { failure, tried } = await push()
    assert.equal(receiver.requests, requestsPerPush)
    assert.deepEqual({ failure, tried }, { failure: undefined, tried: 0 })
  })

  test('ends a push that needs more, and the next push sends the rest', async () => {
    const receiver = new Receiver()
    const cluster = new Cluster(new Random(1))
    const { push } = pushing(cluster, receiver, { pushRequests: requestsPerPush - 1 })
    const { failure, tried } = await push()
    assert.equal(failure?.reason, `a push needs more than ${requestsPerPush - 1} requests`)
    assert.equal(tried, requestsPerPush - 1)
    await push()
    assert.deepEqual(new Set(receiver.totals.keys()), new Set(cluster.totals.keys()))
  })
})

describe('The counts of a push', () => {
  test('have the refused data points, also of metrics that the push leaves out', async () => {
    const receiver = new Receiver()
    const { push } = pushing(new Cluster(new Random(1)), receiver)
    await push()
    receiver.bad.add('m3 0')
    for (let count = 0; count < 3; count += 1) {
      const { failure, refusedPoints } = await push(0)
      assert.equal(failure, undefined)
      assert.deepEqual([...refusedPoints], [['400', 1]])
    }
  })

  test('have the rejected data points of all requests', async () => {
    const receiver = new Receiver()
    const partialSuccess = { rejectedPoints: 2, message: 'old' }
    receiver.take = () => ({ kind: 'accepted', partialSuccess })
    const { push } = pushing(new Cluster(new Random(1)), receiver)
    const result = await push()
    assert.deepEqual(result.partialSuccess, {
      ...{ rejectedPoints: 2 * requestsPerPush, message: 'old' },
    })
  })
})

describe('The size of requests', () => {
  test('falls with refusals, and rises slowly without', async () => {
    const random = new Random(1)
    const receiver = new Receiver()
    const { push, size } = pushing(new Cluster(random), receiver)
    receiver.mostPoints = 12
    await push()
    assert.ok(size.points <= 12 && size.points >= 5, String(size.points))
    receiver.mostPoints = Number.POSITIVE_INFINITY
    const sizes: number[] = []
    for (let count = 0; count < 40; count += 1) {
      await push()
      sizes.push(size.points)
    }
    assert.equal(sizes.at(-1), limits.pushPoints)
    assert.ok(sizes.every((points, index) => points <= 1 + 1.25 * (sizes[index - 1] ?? points)))
    assert.ok(new Set(sizes).size > 3)
  })

  test('stays where a receiver refuses everything for the size', async () => {
    const receiver = new Receiver()
    const { push, size, refused } = pushing(new Cluster(new Random(1)), receiver)
    receiver.mostPoints = 0
    const { failure } = await push()
    assert.equal(failure?.reason, '413')
    assert.equal(size.points, limits.pushPoints)
    assert.deepEqual(refused.shown(), [])
    assert.ok(receiver.requests <= 2 * limits.searchRequests, String(receiver.requests))
  })
})

describe('The memory of refusals', () => {
  test('tries a refused metric after pauses that double up to an hour', async () => {
    const receiver = new Receiver()
    const cluster = new Cluster(new Random(1))
    const { push } = pushing(cluster, receiver)
    await push()
    receiver.bad.add('m3 0')
    await push()
    const attempts: number[] = []
    for (let minute = 1; minute <= 200; minute += 1) {
      const before = receiver.requests
      await push()
      if (receiver.requests - before > requestsPerPush) attempts.push(minute)
    }
    assert.deepEqual(attempts, [5, 15, 35, 75, 135, 195])
  })

  test('has a bound for metrics and for data points', () => {
    const refused = new RefusedMetrics({ ...limits, refusedMetrics: 3, refusedPoints: 2 })
    const refuse = (name: string, from: number, to: number): void => {
      const numbers = Array.from({ length: to - from }, (_, index) => from + index)
      const points = numbers.map((number) => ({ attributes: { number }, value: 1 }))
      const descriptor = { name, kind: 'counter', unit: '', description: '', scope: 's' } as const
      const part = toOtel([{ descriptor, points }], { now: 1, startOf: () => 1 })
      refused.refuse(part, { kind: 'refused', concerns: 'content', status: '400', reason: '' }, 1)
    }
    for (let count = 0; count < 9; count += 1) refuse(`m${count}`, 0, 3)
    assert.deepEqual(
      refused.shown().map(({ name, points }) => [name, points]),
      [
        ['m0', 'all'],
        ['m1', 'all'],
        ['m2', 'all'],
      ],
    )
  })
})

/** Requests of a push of the cluster of seed 1. */
const requestsPerPush = Math.ceil(
  pointsIn(new Cluster(new Random(1)).collect(1_700_000_000)) / limits.pushPoints,
)

function sorted(totals: ReadonlyMap<string, number>): Map<string, number> {
  return new Map([...totals].sort())
}
