import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pushLimits } from '../../src/limits/push.ts'
import { PushMetrics } from '../../src/push/push-metrics.ts'
import type { PushReport } from '../../src/push/pusher.ts'

const success: PushReport = {
  ...{ seconds: 0.5, error: undefined, refusedPoints: new Map(), partialSuccess: undefined },
  ...{ refusedMetrics: [], requestPoints: 5_000 },
}

/** The points of a metric by the value of its only label. */
function pointsOf(metrics: PushMetrics, name: string): Record<string, unknown> {
  const found = metrics.metrics().find(({ descriptor }) => descriptor.name === name)
  const points = found?.points ?? assert.fail(`no metric ${name}`)
  return Object.fromEntries(
    points.map(({ attributes, value }) => [Object.values(attributes).join(), value]),
  )
}

describe('PushMetrics', () => {
  test('counts the pushes, with their times', () => {
    let now = 1_000
    const metrics = new PushMetrics(() => now)
    metrics.add(success)
    metrics.add({ ...success, error: '503', seconds: 2 })
    now += 3_000
    assert.deepEqual(pointsOf(metrics, 'gunicorn_exporter_pushes_total'), {
      success: 1,
      failure: 1,
    })
    assert.deepEqual(pointsOf(metrics, 'gunicorn_exporter_push_age_seconds'), { '': 3 })
    assert.equal(metrics.summary()['lastError'], '503')
  })

  test('shows the reason while pushes are off', () => {
    const metrics = new PushMetrics()
    assert.deepEqual(pointsOf(metrics, 'gunicorn_exporter_pushing'), { '': 1 })
    assert.equal(metrics.summary()['state'], 'on')
    assert.equal(metrics.summary()['lastError'], null)
    metrics.switchOff('a package is missing')
    assert.deepEqual(pointsOf(metrics, 'gunicorn_exporter_pushing'), { '': 0 })
    assert.equal(metrics.summary()['state'], 'off')
    assert.equal(metrics.summary()['lastError'], 'a package is missing')
  })

  test('adds up what receivers refuse, by status', () => {
    const metrics = new PushMetrics()
    const partialSuccess = { rejectedPoints: 4, message: '' }
    metrics.add({ ...success, refusedPoints: new Map([['400', 2]]), partialSuccess })
    metrics.add({ ...success, refusedPoints: new Map([['400', 3]]), partialSuccess })
    metrics.add(success)
    const expected = { 400: 5, 413: 0, partial_success: 8 }
    assert.deepEqual(pointsOf(metrics, 'gunicorn_exporter_push_refused_points_total'), expected)
    assert.deepEqual(metrics.summary()['refusedPoints'], expected)
  })

  test('has pushLimits.refusedStatuses statuses, and other for the rest', () => {
    const metrics = new PushMetrics()
    const statuses = Array.from({ length: 50 }, (_, index) => `S${index}`)
    for (let count = 0; count < 2; count += 1) {
      metrics.add({ ...success, refusedPoints: new Map(statuses.map((each) => [each, 1])) })
    }
    const points = pointsOf(metrics, 'gunicorn_exporter_push_refused_points_total')
    assert.equal(Object.keys(points).length, pushLimits.refusedStatuses + 1)
    assert.equal(points['S0'], 2)
    // Three statuses have a place from the start.
    assert.equal(points['other'], 2 * (50 - (pushLimits.refusedStatuses - 3)))
  })

  test('names the first refused metrics of the last push, and counts all', () => {
    const metrics = new PushMetrics()
    assert.equal(metrics.summary()['requestPoints'], pushLimits.pushPoints)
    const refusedMetrics = Array.from({ length: pushLimits.shownMetrics + 1 }, (_, index) => ({
      ...{ name: `m${index}`, status: '400', points: 'all' as const, reason: 'bad' },
    }))
    metrics.add({ ...success, refusedMetrics, requestPoints: 40 })
    const { refusedMetrics: shown, requestPoints } = metrics.summary()
    assert.ok(Array.isArray(shown))
    assert.equal(shown.length, pushLimits.shownMetrics)
    assert.deepEqual(shown[0], { name: 'm0', status: '400', points: 'all' })
    assert.equal(requestPoints, 40)
    const name = 'gunicorn_exporter_push_refused_metrics'
    assert.deepEqual(pointsOf(metrics, name), { '': refusedMetrics.length })
  })
})
