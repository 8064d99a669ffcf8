import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import type { ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { exporterLimits } from '../../src/limits/exporter.ts'
import { pushLimits } from '../../src/limits/push.ts'
import { Deltas, deltaInstruments } from '../../src/otel/deltas.ts'
import { type Outcome, unavailable } from '../../src/push/answers/outcome.ts'
import { pointsIn } from '../../src/push/push-batches.ts'
import { Pusher, type PusherLimits, type PusherOptions } from '../../src/push/pusher.ts'
import { eventually } from '../support/programs/app.ts'

type Send = PusherOptions['exporter']['send']
const pushers: Pusher[] = []
afterEach(async () => {
  for (const pusher of pushers.splice(0)) await pusher.last()
})

/** One gauge with so many points. */
function gauge(points: number): ScopeMetrics[] {
  const descriptor = { name: 'depth', description: '', unit: '', valueType: 1 }
  const dataPoints = Array.from({ length: points }, (_, index) => ({
    attributes: { index },
    startTime: [0, 0] as [number, number],
    endTime: [1, 0] as [number, number],
    value: index,
  }))
  const metric = { descriptor, aggregationTemporality: 1, dataPointType: 2, dataPoints } as const
  return [{ scope: { name: 'app' }, metrics: [metric] }]
}

/** Limits of a test: everything happens a hundred times as fast. */
const quick: PusherLimits = {
  ...pushLimits,
  lastPushMs: exporterLimits.lastPushMs / 100,
  lastPushGraceMs: exporterLimits.lastPushGraceMs / 100,
  pushRetryFirstMs: pushLimits.pushRetryFirstMs / 100,
  pushRetryLastMs: pushLimits.pushRetryLastMs / 1_000,
}

function startPusher(send: Send, changed: Partial<PusherOptions> = {}) {
  const pushes: (string | undefined)[] = []
  const pusher = new Pusher({
    intervalMs: 10,
    limits: quick,
    exporter: { send, endAtRefusals() {} },
    resource: { attributes: {}, merge: (): never => assert.fail(), getRawAttributes: () => [] },
    collect: () => gauge(1),
    deltas: undefined,
    onPush: ({ error }) => pushes.push(error),
    ...changed,
  })
  pushers.push(pusher)
  return { pusher, pushes }
}

const accepted: Outcome = { kind: 'accepted', partialSuccess: undefined }
const succeed: Send = async () => accepted
const away: Send = async () => unavailable('unreachable')
const unauthorized: Outcome = {
  kind: 'refused',
  concerns: 'receiver',
  status: '401',
  reason: '401 Unauthorized',
}
/** A request without an answer. */
const none = new Promise<never>(() => {})

describe('Pusher', () => {
  test('pushes every interval, first after one interval', async () => {
    const { pushes } = startPusher(succeed)
    assert.deepEqual(pushes, [])
    await eventually(() => assert.ok(pushes.length >= 3))
    assert.deepEqual([...new Set(pushes)], [undefined])
  })

  test('sends no request after its timeout, and goes on behind the last request', async () => {
    const parts: unknown[] = []
    const { pushes } = startPusher(
      async ({ scopeMetrics }) => {
        parts.push(scopeMetrics[0]?.metrics[0]?.dataPoints[0]?.attributes['index'])
        await new Promise((resolve) => setTimeout(resolve, 40))
        return accepted
      },
      { collect: () => gauge(3), limits: { ...quick, pushPoints: 1 }, timeoutMs: 20 },
    )
    await eventually(() => assert.ok(pushes.length >= 3))
    assert.deepEqual(pushes.slice(0, 3), Array(3).fill('the push has not ended after 20 ms'))
    assert.deepEqual(parts.slice(0, 3), [0, 1, 2])
  })

  test('succeeds if the last request ends after the timeout', async () => {
    const slow: Send = async () => {
      await new Promise((resolve) => setTimeout(resolve, 40))
      return accepted
    }
    const { pushes } = startPusher(slow, { timeoutMs: 20 })
    await eventually(() => assert.ok(pushes.length >= 2))
    assert.deepEqual([...new Set(pushes)], [undefined])
  })

  test('splits a push into requests of pushLimits.pushPoints data points', async () => {
    const sizes: number[] = []
    const { pushes } = startPusher(
      async ({ scopeMetrics }) => {
        sizes.push(pointsIn(scopeMetrics))
        return accepted
      },
      { collect: () => gauge(pushLimits.pushPoints + 1) },
    )
    await eventually(() => assert.ok(pushes.length > 0))
    assert.deepEqual(sizes.slice(0, 2), [pushLimits.pushPoints, 1])
  })

  test('sends no further request to a receiver that is away', async () => {
    let requests = 0
    const { pusher, pushes } = startPusher(
      async () => {
        requests += 1
        return unavailable('unreachable')
      },
      { intervalMs: 1_000_000, collect: () => gauge(pushLimits.pushPoints + 1) },
    )
    await pusher.last()
    assert.deepEqual([requests, pushes], [1, ['unreachable']])
  })

  test('retries after pushLimits.pushRetryFirstMs, long before the interval ends', async () => {
    let onMost = (): void => {}
    const most = new Promise<void>((resolve) => {
      onMost = resolve
    })
    const { pushes } = startPusher(
      async (metrics) => {
        // This timer starts with the first push, and expires before the next interval ends.
        if (pushes.length === 0) setTimeout(onMost, 250)
        return await away(metrics)
      },
      { intervalMs: 300, limits: { ...quick, pushRetryLastMs: quick.pushRetryFirstMs } },
    )
    await most
    assert.ok(pushes.length >= 2)
  })

  test('waits for the interval after a refusal', async () => {
    const { pushes } = startPusher(async () => unauthorized, {
      limits: { ...quick, pushRetryFirstMs: 1_000_000, pushRetryLastMs: 1_000_000 },
    })
    await eventually(() => assert.ok(pushes.length >= 2))
    assert.equal(pushes[0], '401 Unauthorized')
  })

  test('reports an error of the collection', async () => {
    const { pushes } = startPusher(succeed, {
      collect() {
        throw new Error('too large')
      },
    })
    await eventually(() => assert.ok(pushes.length >= 1))
    assert.match(pushes[0] ?? '', /too large/)
  })

  test('pushes a last time at once, and never again', async () => {
    const { pusher, pushes } = startPusher(succeed, { intervalMs: 1_000_000 })
    await pusher.last()
    assert.deepEqual(pushes, [undefined])
  })

  test('waits exporterLimits.lastPushMs for deltas under way before its last push', async () => {
    let requests = 0
    const { pusher } = startPusher(
      async () => {
        requests += 1
        return requests === 1 ? await none : accepted
      },
      {
        deltas: new Deltas({ instruments: deltaInstruments.delta, takenBefore: undefined }),
        limits: { ...quick, lastPushGraceMs: 1_000_000 },
      },
    )
    await eventually(() => assert.equal(requests, 1))
    await pusher.last()
    assert.equal(requests, 2)
  })

  test('gives a push under way exporterLimits.lastPushGraceMs before its last push', async () => {
    let requests = 0
    const { pusher } = startPusher(async () => {
      requests += 1
      return requests === 1 ? await none : accepted
    }, {})
    await eventually(() => assert.equal(requests, 1))
    await pusher.last()
    assert.equal(requests, 2)
  })
})
