import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { liveLimits } from '../../../src/limits/tools/live.ts'
import type { LiveReading } from '../../../src/live/counts/reading.ts'
import { Routes } from '../../../src/live/counts/routes.ts'
import { catalog } from '../../../src/model/catalog/catalog.ts'
import { descriptorOf } from '../../../src/model/catalog/declaration.ts'
import type { Attributes, Point } from '../../../src/model/metric.ts'

const descriptor = descriptorOf(catalog.httpRequestDuration)
const never = Number.NEGATIVE_INFINITY

/** A series of requests that all took between 5 and 10 ms. */
function series(route: string, count: number, more: Attributes = {}): Point {
  const counts = (descriptor.bounds ?? []).map(() => 0)
  const value = { count, sum: 0.007 * count, counts: [0, count, ...counts.slice(1)] }
  const status = { 'http.response.status_code': 200 }
  const attributes = { 'http.request.method': 'GET', 'http.route': route, ...status, ...more }
  return { attributes, value }
}

function reading(points: readonly Point[]): LiveReading {
  const metricsOf: LiveReading['metricsOf'] = (name) =>
    name === descriptor.name ? [{ descriptor, points }] : []
  return { workers: [], metricsOf }
}

describe('Routes', () => {
  test('have counts and quantiles of all requests at first, and rates later', () => {
    const routes = new Routes()
    const [first] = routes.routes(reading([series('/a', 10)]), 10_000, never)
    assert.deepEqual(
      [first?.requests, first?.requestsPerSecond, first?.p50, first?.quantilesOf],
      [10, null, 0.0075, 'all'],
    )
    const [later] = routes.routes(reading([series('/a', 30)]), 20_000, never)
    assert.deepEqual([later?.requests, later?.requestsPerSecond], [30, 2])
    assert.deepEqual([later?.p50, later?.quantilesOf], [0.0075, 'recent'])
  })

  test('without a new request have quantiles of all requests for one window', () => {
    const routes = new Routes()
    const at = (now: number): readonly unknown[] => {
      const [route] = routes.routes(reading([series('/a', 10)]), now, never)
      return [route?.requestsPerSecond, route?.p99, route?.quantilesOf]
    }
    assert.deepEqual(at(0), [null, 0.00995, 'all'])
    assert.deepEqual(at(liveLimits.routeWindowMs - 1), [0, 0.00995, 'all'])
    assert.deepEqual(at(2 * liveLimits.routeWindowMs - 2), [0, null, 'recent'])
  })

  test('count a series that is new since an empty first look', () => {
    const routes = new Routes()
    assert.deepEqual(routes.routes(reading([]), 10_000, never), [])
    const [route] = routes.routes(reading([series('/a', 40)]), 20_000, never)
    assert.equal(route?.requestsPerSecond, 4)
  })

  test('have errors of the server by type', () => {
    const points = [
      series('/a', 5),
      series('/a', 4, { 'http.response.status_code': 404, 'error.type': '404' }),
      series('/a', 3, { 'http.response.status_code': 500, 'error.type': 'TypeError' }),
      series('/a', 2, { 'http.response.status_code': 503 }),
      {
        ...series('/a', 1),
        attributes: { 'http.request.method': 'GET', 'http.route': '/a', 'error.type': 'aborted' },
      },
    ]
    const [route] = new Routes().routes(reading(points), 0, never)
    assert.deepEqual([route?.requests, route?.errors], [15, 6])
    assert.deepEqual(route?.errorTypes, [
      { errorType: 'TypeError', count: 3 },
      { errorType: '503', count: 2 },
      { errorType: 'aborted', count: 1 },
    ])
  })

  test('have the rate of errors, and one sum for each type', () => {
    const routes = new Routes()
    const failing = (count: number): Point[] => [
      series('/a', 100),
      series('/a', count, { 'http.response.status_code': 500, 'error.type': 'E' }),
      series('/a', 5, { 'http.response.status_code': 502, 'error.type': 'E' }),
      series('/a', 9, { 'http.response.status_code': 503 }),
    ]
    routes.routes(reading(failing(1)), 0, never)
    const [route] = routes.routes(reading(failing(21)), 10_000, never)
    assert.deepEqual([route?.errorsPerSecond, route?.requestsPerSecond], [2, 2])
    assert.deepEqual(route?.errorTypes, [
      { errorType: 'E', count: 26 },
      { errorType: '503', count: 9 },
    ])
    const [one, other] = new Routes().routes(
      reading([
        series('/b', 1, { 'http.response.status_code': 500, 'error.type': 'rare' }),
        series('/b', 2, { 'http.response.status_code': 500, 'error.type': 'often' }),
      ]),
      0,
      never,
    )
    assert.deepEqual(
      one?.errorTypes.map(({ errorType }) => errorType),
      ['often', 'rare'],
    )
    assert.equal(other, undefined)
  })

  test('have quantiles, each of its own rank', () => {
    const routes = new Routes()
    const bounds = descriptor.bounds ?? []
    const spread = (scale: number): Point => ({
      ...series('/a', 100 * scale),
      value: {
        count: 100 * scale,
        sum: 0,
        counts: [90, 6, 4, ...bounds.slice(2).map(() => 0)].map((each) => each * scale),
      },
    })
    routes.routes(reading([spread(0)]), 0, never)
    const [route] = routes.routes(reading([spread(1)]), 10_000, never)
    assert.deepEqual([route?.p50, route?.p95, route?.p99], [0.002778, 0.009167, 0.02125])
  })

  test('without a method or a template have a row', () => {
    const { value } = series('/a', 3)
    const [route] = new Routes().routes(reading([{ attributes: {}, value }]), 0, never)
    assert.deepEqual([route?.method, route?.route, route?.errors], ['_OTHER', '', 0])
    assert.deepEqual(new Routes().routes(reading([{ attributes: {}, value: 3 }]), 0, never), [])
  })

  test('come with the busiest now first', () => {
    const routes = new Routes()
    routes.routes(reading([series('/old', 900), series('/new', 1)]), 0, never)
    const shown = routes.routes(reading([series('/old', 901), series('/new', 20)]), 10_000, never)
    assert.deepEqual(
      shown.map(({ route }) => route),
      ['/new', '/old'],
    )
  })

  test('have rates of at most two windows', () => {
    const routes = new Routes()
    let shown = routes.routes(reading([series('/a', 0)]), 0, never)
    // 10 requests a second in the first ten minutes, and then none.
    for (let second = 2; second <= 1_200; second += 2) {
      const count = Math.min(6_000, 10 * second)
      shown = routes.routes(reading([series('/a', count)]), 1_000 * second, never)
      if (second === 590) assert.equal(shown[0]?.requestsPerSecond, 10)
    }
    assert.deepEqual([shown[0]?.requests, shown[0]?.requestsPerSecond], [6_000, 0])
    assert.equal(shown[0]?.p99, null)
  })

  test('are computed once for documents of the same moment', () => {
    const routes = new Routes()
    const first = routes.routes(reading([series('/a', 1)]), 0, never)
    assert.equal(routes.routes(reading([series('/a', 2)]), 1_999, never), first)
    assert.notEqual(routes.routes(reading([series('/a', 2)]), 2_000, never), first)
  })

  test('forget totals of before, when an older worker joins or after a long pause', () => {
    const routes = new Routes()
    routes.routes(reading([series('/a', 1)]), 0, never)
    const [joined] = routes.routes(reading([series('/a', 1e6)]), 10_000, 8_000)
    assert.equal(joined?.requestsPerSecond, null)
    const [late] = routes.routes(reading([series('/a', 2e6)]), 3_600_000, 8_000)
    assert.equal(late?.requestsPerSecond, null)
    routes.expire(3_600_000 + 3 * liveLimits.routeWindowMs + 1)
    const [again] = routes.routes(reading([series('/a', 3e6)]), 3_700_000, 8_000)
    assert.equal(again?.requestsPerSecond, null)
  })

  test('of several instances add up, without the counts of a new instance', () => {
    const routes = new Routes()
    const one = (count: number): Point => series('/a', count, { instance: 'one' })
    routes.routes(reading([one(10)]), 0, never)
    const two = series('/a', 1e6, { instance: 'two' })
    const [route] = routes.routes(reading([one(30), two]), 10_000, never)
    assert.deepEqual([route?.requests, route?.requestsPerSecond], [1e6 + 30, 2])
    const [left] = routes.routes(reading([one(50)]), 20_000, never)
    assert.equal(left?.requestsPerSecond, 2)
  })

  test('are bounded', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => series(`/${index}`, index))
    const shown = new Routes().routes(reading(many), 0, never)
    assert.equal(shown.length, liveLimits.routes)
    assert.equal(shown[0]?.route, '/999')
    const errors = Array.from({ length: 50 }, (_, index) =>
      series('/a', index, { 'http.response.status_code': 500, 'error.type': `E${index}` }),
    )
    const [route] = new Routes().routes(reading(errors), 0, never)
    assert.equal(route?.errorTypes.length, liveLimits.errorTypes)
  })
})
