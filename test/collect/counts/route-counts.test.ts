import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type EndedRequest, newEndedRequest } from '../../../src/collect/counts/ended-request.ts'
import { EndpointEntry } from '../../../src/collect/counts/endpoint-entry.ts'
import { methodNumber } from '../../../src/collect/counts/method.ts'
import { RouteCounts } from '../../../src/collect/counts/route-counts.ts'
import { collectLimits } from '../../../src/limits/collect.ts'
import { httpDurationBounds } from '../../../src/model/catalog/bounds.ts'
import { other } from '../../../src/model/endpoint.ts'
import type { HistogramValue } from '../../../src/model/metric.ts'
import { Random } from '../../support/random.ts'

function ended(
  given: Partial<EndedRequest> & { readonly method?: string; secure?: boolean },
): EndedRequest {
  const { method = 'GET', secure = false, ...fields } = given
  const active = 2 * methodNumber(method) + (secure ? 1 : 0)
  return { ...newEndedRequest(), status: 200, active, ...fields }
}

function newCounts(series?: number): RouteCounts {
  return new RouteCounts({ hasSizes: true, ...(series !== undefined && { series }) })
}

const route = (): EndpointEntry => new EndpointEntry('/users/:id')
const get = {
  'http.request.method': 'GET',
  'url.scheme': 'http',
  'http.route': '/users/:id',
  'network.protocol.version': '1.1',
}

describe('RouteCounts counts a request', () => {
  type Given = Parameters<typeof ended>[0]
  const rows: readonly (readonly [title: string, Given, expected: object])[] = [
    ['with its status', {}, { 'http.response.status_code': 200 }],
    [
      'over TLS and HTTP/2',
      { secure: true, version: 2 },
      {
        'http.response.status_code': 200,
        'url.scheme': 'https',
        'network.protocol.version': '2',
      },
    ],
    [
      'of HTTP/1.0',
      { version: 0 },
      { 'http.response.status_code': 200, 'network.protocol.version': '1.0' },
    ],
    [
      'with an unknown method as other',
      { method: 'BREW' },
      { 'http.response.status_code': 200, 'http.request.method': other },
    ],
    ['with status 404 as no error', { status: 404 }, { 'http.response.status_code': 404 }],
    [
      'with status 400 and an error of the client as no error',
      { status: 400, errorType: 'ValidationError' },
      { 'http.response.status_code': 400 },
    ],
    [
      'with status 503 by the status',
      { status: 503 },
      { 'http.response.status_code': 503, 'error.type': '503' },
    ],
    [
      'with status 500 by its error',
      { status: 500, errorType: 'TypeError' },
      { 'http.response.status_code': 500, 'error.type': 'TypeError' },
    ],
    [
      'with status 200 and an error by its error',
      { errorType: 'GraphQLError' },
      { 'http.response.status_code': 200, 'error.type': 'GraphQLError' },
    ],
    ['that was aborted', { status: undefined, abort: 'aborted' }, { 'error.type': 'aborted' }],
    [
      'that was aborted after its head',
      { status: 404, abort: 'aborted', errorType: 'RangeError' },
      { 'http.response.status_code': 404, 'error.type': 'RangeError' },
    ],
    ['with an impossible status', { status: 5_000 }, {}],
  ]
  for (const [title, given, expected] of rows) {
    test(title, () => {
      const counts = newCounts()
      counts.add(ended(given), route())
      assert.deepEqual(
        counts.cells.map(({ attributes }) => attributes),
        [{ ...get, ...expected }],
      )
    })
  }

  test('in one series for equal attributes, with durations and sizes', () => {
    const counts = newCounts()
    const endpoint = route()
    for (const [index, status] of [200, 500, 200, 500].entries()) {
      counts.add(
        ended({ status, seconds: 0.004 + index, requestBytes: 10, responseBytes: 20 }),
        endpoint,
      )
    }
    const [first, second] = counts.cells
    const value = first?.point().value as HistogramValue
    assert.deepEqual(
      [value.count, value.sum, value.counts.length],
      [2, 2.008, httpDurationBounds.length + 1],
    )
    assert.deepEqual([second?.requestSize?.sum, second?.responseSize?.sum], [20, 40])
    assert.equal(first?.point(), first?.point())
  })

  test('without sizes if these are off', () => {
    const counts = new RouteCounts({ hasSizes: false })
    counts.add(ended({ requestBytes: 10 }), route())
    assert.deepEqual(
      [counts.cells[0]?.requestSize, counts.cells[0]?.responseSize],
      [undefined, undefined],
    )
  })
})

describe('RouteCounts leaves out', () => {
  test('excluded methods, excluded endpoints and long polls', () => {
    const counts = new RouteCounts({ hasSizes: false, excludedMethods: ['OPTIONS', 'HEAD'] })
    for (const method of ['GET', 'OPTIONS', 'HEAD']) {
      const request = ended({ method })
      counts.start(request.active)
      counts.add(request, route())
      counts.add(request, new EndpointEntry('/healthz', { isExcluded: true }))
      counts.add(request, new EndpointEntry('/poll', { isLongPoll: true }))
    }
    assert.deepEqual(
      counts.cells.map(({ attributes }) => attributes),
      [{ ...get, 'http.response.status_code': 200 }],
    )
    assert.equal(counts.activePoints().length, 1)
  })
})

test('RouteCounts groups statuses if the setting says so', () => {
  const counts = new RouteCounts({ hasSizes: false, hasGroups: true })
  const endpoint = route()
  for (const status of [200, 204, 404, 500, 503]) counts.add(ended({ status }), endpoint)
  assert.deepEqual(
    counts.cells.map(({ attributes, duration }) => [
      attributes['http.response.status_code'],
      attributes['error.type'],
      duration.count,
    ]),
    [
      ['2xx', undefined, 2],
      ['4xx', undefined, 1],
      ['5xx', '5xx', 2],
    ],
  )
})

// The page would show only one of two series with the same attributes.
describe('RouteCounts has one series for', () => {
  test('a status, and an error with the name of the status', () => {
    for (const hasGroups of [false, true]) {
      const counts = new RouteCounts({ hasSizes: false, hasGroups })
      const endpoint = route()
      counts.add(ended({ status: 503 }), endpoint)
      counts.add(ended({ status: 503, errorType: hasGroups ? '5xx' : '503' }), endpoint)
      assert.equal(counts.cells.length, 1)
    }
  })

  test('names beyond the limit, and an error with the name of all others', () => {
    const counts = newCounts()
    const endpoint = route()
    const fail = (errorType: string, to: EndpointEntry): void => {
      counts.add(ended({ status: 500, errorType }), to)
    }
    fail(other, endpoint)
    for (let index = 0; index < collectLimits.errorTypes; index += 1) {
      fail(`E${index}`, new EndpointEntry('/fill'))
    }
    const { reservedErrorTypes } = collectLimits
    for (let index = 0; index <= reservedErrorTypes; index += 1) fail(`Late${index}`, endpoint)
    assert.equal(endpoint.cells.size, 1 + reservedErrorTypes)
  })
})

describe('RouteCounts counts open requests', () => {
  test('by method and scheme, and keeps a known series at 0', () => {
    const counts = newCounts()
    const one = ended({})
    const other = ended({ method: 'POST', secure: true })
    for (const { active } of [one, one, other]) counts.start(active)
    const read = (): unknown[] =>
      counts.activePoints().map(({ attributes, value }) => [...Object.values(attributes), value])
    assert.deepEqual(read(), [
      ['GET', 'http', 2],
      ['POST', 'https', 1],
    ])
    for (const each of [one, one, other]) counts.add(each, route())
    assert.deepEqual(read(), [
      ['GET', 'http', 0],
      ['POST', 'https', 0],
    ])
  })
})

describe('RouteCounts returns the series with new records', () => {
  test('once', () => {
    const counts = newCounts()
    const endpoint = route()
    counts.add(ended({}), endpoint)
    counts.add(ended({}), endpoint)
    assert.deepEqual(counts.takeTouched(), counts.cells)
    assert.deepEqual(counts.takeTouched(), [])
    counts.add(ended({}), endpoint)
    assert.equal(counts.takeTouched().length, 1)
  })
})

test('RouteCounts has no series after its stop', () => {
  const counts = newCounts()
  counts.start(ended({}).active)
  counts.add(ended({}), route())
  counts.stop()
  counts.start(ended({}).active)
  counts.add(ended({}), route())
  assert.deepEqual([counts.cells, counts.activePoints(), counts.takeTouched()], [[], [], []])
})

describe('RouteCounts keeps a bound', () => {
  test('of series, and counts each of a million random requests', { timeout: 60_000 }, () => {
    const random = new Random(1)
    const counts = new RouteCounts({ hasSizes: false })
    const entries = Array.from({ length: 250 }, (_, index) => new EndpointEntry(`/r${index}`))
    const total = 1_000_000
    for (let index = 0; index < total; index += 1) {
      const request = ended({
        method: random.pick(['GET', 'POST', `M${index}`]),
        status: random.pick([undefined, 200, 404, 100 + random.below(900)]),
        abort: random.pick([undefined, undefined, 'aborted']),
        errorType: random.pick([undefined, undefined, `E${index}`, other, '500', 'aborted']),
        version: random.below(3),
        secure: random.chance(0.5),
      })
      counts.add(request, random.pick(entries))
    }
    const perEndpoint = collectLimits.reservedSeries + 4
    const most = collectLimits.routeSeries + perEndpoint * entries.length
    assert.ok(counts.cells.length <= most, `${counts.cells.length}`)
    const routes = new Set(counts.cells.map(({ attributes }) => attributes['http.route']))
    assert.equal(routes.size, entries.length)
    assert.ok(counts.overflowed > 0)
    const counted = counts.cells.map(({ duration }) => duration.count)
    assert.equal(
      counted.reduce((sum, count) => sum + count, 0),
      total,
    )
    // The page would show one of two series with the same attributes.
    const names = new Set(counts.cells.map(({ attributes }) => JSON.stringify(attributes)))
    assert.equal(names.size, counts.cells.length)
    const errors = new Set(counts.cells.map(({ attributes }) => attributes['error.type']))
    // A name, none, `_OTHER`, and the statuses of errors.
    const { errorTypes, reservedErrorTypes } = collectLimits
    const mostTypes = errorTypes + reservedErrorTypes * entries.length + 502
    assert.ok(errors.size <= mostTypes, `${errors.size}`)
  })

  const coarse = { 'http.request.method': other, 'url.scheme': 'http' }

  test('of collectLimits.routeSeries, and then keeps the first series of each route', () => {
    const counts = newCounts(1)
    const first = route()
    for (const status of [200, 201, 202, 203, 204, 404]) counts.add(ended({ status }), first)
    counts.add(ended({ method: 'POST', status: 503, errorType: 'X' }), first)
    counts.add(ended({ status: 500 }), first)
    counts.add(ended({ status: 201 }), first)
    const late = new EndpointEntry('/late')
    counts.add(ended({ status: 500, errorType: 'X' }), late)
    assert.deepEqual(
      counts.cells.slice(4).map(({ attributes, duration }) => [attributes, duration.count]),
      [
        [{ ...coarse, 'http.route': '/users/:id' }, 2],
        [{ ...coarse, 'http.route': '/users/:id', 'error.type': other }, 2],
        [
          {
            ...get,
            'http.route': '/late',
            'http.response.status_code': 500,
            'error.type': 'X',
          },
          1,
        ],
      ],
    )
    assert.equal(counts.overflowed, 4)
  })

  test('of collectLimits.endpointSeries of one route', () => {
    const counts = newCounts()
    const one = route()
    for (let status = 100; status < 400; status += 1) counts.add(ended({ status }), one)
    assert.equal(counts.cells.length, collectLimits.endpointSeries + 1)
  })

  test('of collectLimits.pathSeries of all paths without a route', () => {
    const counts = newCounts()
    const paths = ['/a', '/b', '/c'].map((path) => new EndpointEntry(path, { isPath: true }))
    for (let status = 100; status < 200; status += 1) {
      for (const path of paths) counts.add(ended({ status }), path)
    }
    assert.equal(counts.cells.length, collectLimits.pathSeries + paths.length)
    counts.add(ended({}), route())
    assert.deepEqual(counts.cells.at(-1)?.attributes['http.response.status_code'], 200)
  })
})
