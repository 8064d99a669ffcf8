import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import type { ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { exporterLimits } from '../../src/limits/exporter.ts'
import { pushLimits } from '../../src/limits/push.ts'
import { Deltas, deltaInstruments } from '../../src/otel/deltas.ts'
import type { OtlpExporter } from '../../src/push/otlp-exporter.ts'
import { Pusher, type PusherLimits, type PusherOptions } from '../../src/push/pusher.ts'
import { eventually } from '../support/programs/app.ts'

type Export = OtlpExporter['export']
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
  lastPushMs: exporterLimits.lastPushMs / 100,
  lastPushGraceMs: exporterLimits.lastPushGraceMs / 100,
  pushPoints: pushLimits.pushPoints,
  pushRetryFirstMs: pushLimits.pushRetryFirstMs / 100,
  pushRetryLastMs: pushLimits.pushRetryLastMs / 1_000,
  pushTimeoutMs: pushLimits.pushTimeoutMs / 10_000,
}

function startPusher(onExport: Export, changed: Partial<PusherOptions> = {}) {
  const pushes: (string | undefined)[] = []
  const pusher = new Pusher({
    intervalMs: 10,
    limits: quick,
    exporter: { export: onExport },
    resource: { attributes: {}, merge: (): never => assert.fail(), getRawAttributes: () => [] },
    collect: () => gauge(1),
    deltas: undefined,
    onPush: (_seconds, error) => pushes.push(error),
    ...changed,
  })
  pushers.push(pusher)
  return { pusher, pushes }
}

const succeed: Export = (_metrics, done) => done({ code: 0 })
const refusal = Object.assign(new Error('Unauthorized'), { code: 401 })

describe('Pusher', () => {
  test('pushes every interval, first after one interval', async () => {
    const { pushes } = startPusher(succeed)
    assert.deepEqual(pushes, [])
    await eventually(() => assert.ok(pushes.length >= 3))
    assert.deepEqual([...new Set(pushes)], [undefined])
  })

  test('splits a push into requests of pushLimits.pushPoints data points', async () => {
    const sizes: number[] = []
    const { pushes } = startPusher(
      ({ scopeMetrics }, done) => {
        const metrics = scopeMetrics.flatMap((scope) => scope.metrics)
        sizes.push(metrics.reduce((sum, { dataPoints }) => sum + dataPoints.length, 0))
        done({ code: 0 })
      },
      { collect: () => gauge(pushLimits.pushPoints + 1) },
    )
    await eventually(() => assert.ok(pushes.length > 0))
    assert.deepEqual(sizes.slice(0, 2), [pushLimits.pushPoints, 1])
  })

  test('sends no further request after a failure', async () => {
    let requests = 0
    const { pusher, pushes } = startPusher(
      (_metrics, done) => {
        requests += 1
        done({ code: 1, error: new Error('unreachable') })
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
      (_metrics, done) => {
        // This timer starts with the first push, and expires before the next interval ends.
        if (pushes.length === 0) setTimeout(onMost, 250)
        done({ code: 1, error: new Error('unreachable') })
      },
      { intervalMs: 300, limits: { ...quick, pushRetryLastMs: quick.pushRetryFirstMs } },
    )
    await most
    assert.ok(pushes.length >= 2)
  })

  test('waits for the interval after a refusal with an HTTP status', async () => {
    const { pushes } = startPusher((_metrics, done) => done({ code: 1, error: refusal }), {
      limits: { ...quick, pushRetryFirstMs: 1_000_000, pushRetryLastMs: 1_000_000 },
    })
    await eventually(() => assert.ok(pushes.length >= 2))
    assert.equal(pushes[0], '401 Unauthorized')
  })

  test('fails a request that takes longer than pushLimits.pushTimeoutMs', async () => {
    const { pushes } = startPusher(() => {})
    await eventually(() => assert.ok(pushes.length >= 1))
    assert.match(pushes[0] ?? '', /did not finish in time/)
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
      (_metrics, done) => {
        requests += 1
        // The first request has no response.
        if (requests > 1) done({ code: 0 })
      },
      {
        deltas: new Deltas({ instruments: deltaInstruments.delta, takenBefore: undefined }),
        limits: { ...quick, pushTimeoutMs: 1_000_000, lastPushGraceMs: 1_000_000 },
      },
    )
    await eventually(() => assert.equal(requests, 1))
    await pusher.last()
    assert.equal(requests, 2)
  })

  test('gives a push under way exporterLimits.lastPushGraceMs before its last push', async () => {
    let requests = 0
    const { pusher } = startPusher(
      (_metrics, done) => {
        requests += 1
        // The first request has no response.
        if (requests > 1) done({ code: 0 })
      },
      { limits: { ...quick, pushTimeoutMs: 1_000_000 } },
    )
    await eventually(() => assert.equal(requests, 1))
    await pusher.last()
    assert.equal(requests, 2)
  })
})
