import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newEndedRequest } from '../../../src/collect/counts/ended-request.ts'
import { Endpoints } from '../../../src/collect/counts/endpoints.ts'
import { type FailedRequest, RequestCounts } from '../../../src/collect/counts/request-counts.ts'
import { RouteCounts } from '../../../src/collect/counts/route-counts.ts'
import { collectLimits } from '../../../src/limits/collect.ts'
import { durationBounds } from '../../../src/model/catalog/bounds.ts'
import { other, unmatched } from '../../../src/model/endpoint.ts'
import type { Point } from '../../../src/model/metric.ts'
import { Random } from '../../support/random.ts'

const request: FailedRequest = {
  method: 'GET',
  target: '/users/42?x=1',
  route: undefined,
  status: 500,
  errorType: undefined,
}

describe('RequestCounts counts a failed request', () => {
  type Row = readonly [title: string, given: Partial<FailedRequest>, expected: readonly string[]]
  const rows: readonly Row[] = [
    ['by its target and its status', {}, ['GET', '/users/:id', '500', '500']],
    ['by its route', { route: '/users/:name' }, ['GET', '/users/:name', '500', '500']],
    ['by an empty route as the root', { route: '' }, ['GET', '/', '500', '500']],
    ['by its target below a catch-all', { route: '/*' }, ['GET', '/users/:id', '500', '500']],
    [
      'with status 401 and without a route as unmatched',
      { status: 401 },
      ['GET', unmatched, '401', '401'],
    ],
    ['by its error', { errorType: 'TypeError' }, ['GET', '/users/:id', 'TypeError', '500']],
    [
      'with status 404 and without a route as unmatched',
      { status: 404 },
      ['GET', unmatched, '404', '404'],
    ],
    ['with status 404 by its route', { status: 404, route: '/a' }, ['GET', '/a', '404', '404']],
    ['without a response as aborted', { status: undefined }, ['GET', '/users/:id', 'aborted', '']],
    [
      'without a response by its error',
      { status: undefined, errorType: 'X' },
      ['GET', '/users/:id', 'X', ''],
    ],
    ['with an unknown method as other', { method: 'BREW' }, [other, '/users/:id', '500', '500']],
    [
      'without method and target as other',
      { method: undefined, target: undefined },
      [other, other, '500', '500'],
    ],
    ['with a target that is no path as other', { target: '*' }, ['GET', other, '500', '500']],
  ]
  for (const [title, given, [method, endpoint, error_type, status_code]] of rows) {
    test(title, () => {
      const requestCounts = new RequestCounts(durationBounds)
      requestCounts.addFailed({ ...request, ...given })
      assert.deepEqual(requestCounts.failed.points(), [
        { attributes: { method, endpoint, error_type, status_code }, value: 1 },
      ])
    })
  }
})

describe('RequestCounts counts a handled error', () => {
  type Row = readonly [title: string, given: Partial<FailedRequest>, expected: readonly string[]]
  const rows: readonly Row[] = [
    [
      'by its type',
      { errorType: 'HPE_INVALID_METHOD' },
      ['GET', '/users/:id', 'HPE_INVALID_METHOD'],
    ],
    ['without a type as other', {}, ['GET', '/users/:id', other]],
    ['without any value as other', { method: undefined, target: undefined }, [other, other, other]],
  ]
  for (const [title, given, [method, endpoint, error_type]] of rows) {
    test(title, () => {
      const requestCounts = new RequestCounts(durationBounds)
      requestCounts.addHandled({ ...request, ...given })
      assert.deepEqual(requestCounts.handled.points(), [
        { attributes: { method, endpoint, error_type }, value: 1 },
      ])
    })
  }
})

describe('RequestCounts counts a response', () => {
  const rows: readonly (readonly [status: number, slot: number])[] = [
    [100, 100],
    [200, 200],
    [404, 404],
    [599, 599],
    [1, 1],
    [999, 999],
    [1_000, 0],
    [0, 0],
    [-1, 0],
    [Number.NaN, 0],
    [404.5, 404],
    [Number.POSITIVE_INFINITY, 0],
  ]
  for (const [status, slot] of rows) {
    test(`with status ${status} under ${slot}`, () => {
      const requestCounts = new RequestCounts(durationBounds)
      requestCounts.statuses.add(status)
      requestCounts.statuses.add(status)
      assert.deepEqual([...requestCounts.statuses], [[slot, 2]])
    })
  }
})

test('RequestCounts records a request in the three histograms', () => {
  const requestCounts = new RequestCounts(durationBounds)
  // The request path calls the function without its object, too.
  const { record } = requestCounts
  record(0.02, 0, 5_000)
  record(70, 1_024, 0)
  const { duration, requestSize, responseSize } = requestCounts
  const read = [duration, requestSize, responseSize].map((cell) => cell.read())
  assert.deepEqual(
    read.map(({ count, sum }) => [count, sum]),
    [
      [2, 70.02],
      [2, 1_024],
      [2, 5_000],
    ],
  )
  assert.equal(read[0]?.counts.at(-1), 1)
})

test('RequestCounts counts faults by component', () => {
  const requestCounts = new RequestCounts(durationBounds)
  for (const component of ['http', 'http', 'collect']) requestCounts.addFault(component)
  assert.deepEqual(
    [...requestCounts.faults()],
    [
      ['http', 2],
      ['collect', 1],
    ],
  )
})

describe('RequestCounts', () => {
  test('counts each of 100,000 random requests and keeps the series below their limits', () => {
    const random = new Random(1)
    const requestCounts = new RequestCounts(durationBounds)
    const count = 100_000
    for (let index = 0; index < count; index += 1) {
      requestCounts.addFailed(imagined(random))
      requestCounts.addHandled(imagined(random))
      requestCounts.statuses.add(random.below(2_000))
    }
    const mostEndpoints = collectLimits.endpoints + collectLimits.foldedPaths + 2
    for (const counts of [requestCounts.failed, requestCounts.handled]) {
      const points = counts.points()
      assert.equal(sumOf(points), count)
      assert.ok(distinct(points, 'endpoint') <= mostEndpoints)
      const types = new Set(points.map(({ attributes }) => attributes['error_type']))
      const classes = [...types].filter((type) => !/^\d{3}$/.test(String(type)))
      const { errorTypes, reservedErrorTypes } = collectLimits
      assert.ok(classes.length <= errorTypes + reservedErrorTypes * mostEndpoints + 2)
      assert.ok(distinct(points, 'method') <= 11)
      assert.ok(counts.overflowed > 0)
    }
    // The last fold keeps the endpoint.
    const { errorSeries, reservedErrorSeries } = collectLimits
    const reserved = (reservedErrorSeries + 1) * mostEndpoints
    assert.ok(requestCounts.handled.points().length <= errorSeries + reserved)
    assert.ok(requestCounts.failed.points().length <= 2 * errorSeries + reserved)
    assert.ok([...requestCounts.statuses].length <= 1_000)
  })

  test('keeps the series below their limits for impossible statuses', () => {
    const requestCounts = new RequestCounts(durationBounds)
    for (let status = 0; status < 50_000; status += 1) {
      requestCounts.addFailed({ ...request, status, errorType: 'X' })
    }
    assert.equal(sumOf(requestCounts.failed.points()), 50_000)
    assert.ok(requestCounts.failed.points().length <= collectLimits.errorSeries + 1_000)
  })

  function imagined(random: Random): FailedRequest {
    // Some words repeat often; others occur once.
    const word = (): string =>
      random.chance(0.9) ? `w${random.below(120)}` : random.next().toString(36).slice(2)
    const isKnown = random.chance(0.1)
    return {
      method: random.pick(['GET', 'POST', word(), undefined]),
      target: random.pick([`/${word()}`, word(), undefined]),
      route: isKnown ? `/${word()}/:id` : undefined,
      status: random.pick([undefined, 404, 100 + random.below(500)]),
      errorType: random.pick([undefined, 'Error', `Error${word()}`]),
    }
  }

  function distinct(points: readonly Point[], label: string): number {
    return new Set(points.map(({ attributes }) => attributes[label])).size
  }

  function sumOf(points: readonly Point[]): number {
    return points.reduce((total, { value }) => total + (value as number), 0)
  }
})

describe('RequestCounts calls back for the next count', () => {
  test('once, when a request ends', () => {
    const requestCounts = new RequestCounts(durationBounds)
    const ends: number[] = []
    requestCounts.onNext(() => ends.push(requestCounts.ended))
    requestCounts.addFailed(request)
    assert.deepEqual(ends, [])
    requestCounts.end()
    requestCounts.end()
    assert.deepEqual(ends, [1])
  })

  test('when an error counts as handled, and again if the callback asks again', () => {
    const requestCounts = new RequestCounts(durationBounds)
    let calls = 0
    const again = (): void => {
      calls += 1
      requestCounts.onNext(again)
    }
    requestCounts.onNext(again)
    requestCounts.addHandled(request)
    requestCounts.end()
    assert.equal(calls, 2)
  })
})

describe('RequestCounts keeps a bound', () => {
  test('of collectLimits.endpoints distinct endpoints', () => {
    const requestCounts = new RequestCounts(durationBounds)
    for (let index = 0; index <= collectLimits.endpoints; index += 1) {
      requestCounts.addFailed({ ...request, route: `/page-${wordOf(index)}` })
    }
    assert.equal(labels(requestCounts, 'endpoint').size, collectLimits.endpoints + 1)
    assert.ok(labels(requestCounts, 'endpoint').has(other))
    assert.deepEqual(overflows(requestCounts), { ...noOverflow, endpoints_limit: 1 })
  })

  test('of collectLimits.foldedPaths paths, so that routes keep their names', () => {
    const requestCounts = new RequestCounts(durationBounds)
    for (let index = 0; index <= collectLimits.foldedPaths; index += 1) {
      requestCounts.addFailed({ ...request, target: `/page-${wordOf(index)}` })
    }
    requestCounts.addFailed({ ...request, route: '/route' })
    assert.equal(labels(requestCounts, 'endpoint').size, collectLimits.foldedPaths + 2)
    assert.ok(labels(requestCounts, 'endpoint').has('/route'))
    assert.deepEqual(overflows(requestCounts), { ...noOverflow, paths_limit: 1 })
  })

  test('of paths, and OPTIONS requests without a route take no names from paths', () => {
    const routes = new RouteCounts({ hasSizes: false })
    const requestCounts = new RequestCounts(durationBounds, { routes })
    const count = (method: string, target: string): void => {
      const active = requestCounts.start(method, false)
      requestCounts.add({ ...newEndedRequest(), active, target, status: 204 })
    }
    for (let index = 0; index < 56; index += 1) count('OPTIONS', `/pwned-${wordOf(index)}`)
    count('GET', '/assets/app.js')
    requestCounts.addFailed({ ...request, method: 'OPTIONS' })
    assert.deepEqual(
      routes.cells.map(({ attributes }) => attributes['http.route']),
      [unmatched, '/assets/app.js'],
    )
    assert.deepEqual([...labels(requestCounts, 'endpoint')], [unmatched])
  })

  test('of endpoints, and counts a failed request beyond the bound once', () => {
    const endpoints = new Endpoints({ ...collectLimits, endpoints: 0, foldedPaths: 0 })
    const requestCounts = new RequestCounts(durationBounds, { endpoints })
    const failed = { ...newEndedRequest(), status: 500, errorType: 'TypeError' }
    requestCounts.add({ ...failed, route: '/route' })
    requestCounts.add({ ...failed, target: '/page' })
    const expected = { ...noOverflow, endpoints_limit: 1, paths_limit: 1 }
    assert.deepEqual(overflows(requestCounts), expected)
  })

  test('of collectLimits.errorTypes distinct error types', () => {
    const requestCounts = new RequestCounts(durationBounds)
    const most = collectLimits.errorTypes + collectLimits.reservedErrorTypes
    for (let index = 0; index <= most; index += 1) {
      requestCounts.addFailed({ ...request, errorType: `Error${index}` })
    }
    assert.equal(labels(requestCounts, 'error_type').size, most + 1)
    assert.deepEqual(overflows(requestCounts), { ...noOverflow, error_types_limit: 1 })
  })

  test('of error types, and names that clients choose erase no class of another route', () => {
    const routes = new RouteCounts({ hasSizes: false })
    const requestCounts = new RequestCounts(durationBounds, { routes })
    const fail = (route: string, errorType: string, method = 'POST'): void => {
      const active = requestCounts.start(method, false)
      requestCounts.add({ ...newEndedRequest(), active, route, errorType, status: 500 })
    }
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'QUERY']) {
      for (let index = 0; index < 210; index += 1) fail('/err', `Chosen${index}`, method)
    }
    const classes = ['TypeError', 'RangeError', 'BoomError', 'LateError']
    for (const each of classes) fail('/real/:id/boom', each)
    const typesOf = (points: readonly Point[]): unknown[] =>
      points
        .filter(({ attributes }) => attributes['endpoint'] === '/real/:id/boom')
        .map(({ attributes }) => attributes['error_type'])
    assert.deepEqual(typesOf(requestCounts.failed.points()), classes)
    assert.deepEqual(typesOf(requestCounts.handled.points()), classes)
    const cells = routes.cells.filter(
      ({ attributes }) => attributes['http.route'] === '/real/:id/boom',
    )
    assert.deepEqual(
      cells.map(({ attributes }) => attributes['error.type']),
      classes,
    )
  })

  test('of collectLimits.errorSeries label sets', () => {
    const requestCounts = new RequestCounts(durationBounds)
    for (let index = 0; index <= collectLimits.errorSeries; index += 1) {
      const route = `/page-${wordOf(index % 100)}`
      requestCounts.addHandled({ ...request, route, errorType: `Error${Math.trunc(index / 100)}` })
    }
    assert.equal(requestCounts.handled.points().length, collectLimits.errorSeries + 1)
    for (let index = 0; index <= collectLimits.reservedErrorSeries; index += 1) {
      const route = `/page-${wordOf(0)}`
      requestCounts.addHandled({ ...request, route, errorType: `Error${index + 20}` })
    }
    const most = collectLimits.errorSeries + collectLimits.reservedErrorSeries + 1
    assert.equal(requestCounts.handled.points().length, most)
    assert.deepEqual(overflows(requestCounts), { ...noOverflow, error_series_limit: 2 })
  })

  test('of collectLimits.pathChars characters of a path', () => {
    const requestCounts = new RequestCounts(durationBounds)
    const target = `/${'a/'.repeat(collectLimits.pathChars)}`
    requestCounts.addFailed({ ...request, target })
    assert.deepEqual(
      [...labels(requestCounts, 'endpoint')],
      [target.slice(0, collectLimits.pathChars)],
    )
  })

  const noOverflow = {
    endpoints_limit: 0,
    paths_limit: 0,
    error_types_limit: 0,
    error_series_limit: 0,
    route_series_limit: 0,
  }

  function overflows(requestCounts: RequestCounts): Record<string, number> {
    return Object.fromEntries(requestCounts.overflows())
  }

  function labels({ failed }: RequestCounts, label: string): Set<unknown> {
    return new Set(failed.points().map(({ attributes }) => attributes[label]))
  }

  /** A word without digits, because a digit can make a path segment an id. */
  function wordOf(index: number): string {
    return String(index).replaceAll(/\d/g, (digit) => 'abcdefghij'[Number(digit)] ?? '')
  }
})
