import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type FailedRequest, RequestCounts } from '../../../src/collect/counts/request-counts.ts'
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

describe('a failed request is counted by', () => {
  type Row = readonly [title: string, given: Partial<FailedRequest>, expected: readonly string[]]
  const rows: readonly Row[] = [
    ['what it asked for and its status', {}, ['GET', '/users/:id', '500', '500']],
    [
      'the route where one is known',
      { route: '/users/:name' },
      ['GET', '/users/:name', '500', '500'],
    ],
    ['an empty route', { route: '' }, ['GET', '', '500', '500']],
    [
      'the error where one is known',
      { errorType: 'TypeError' },
      ['GET', '/users/:id', 'TypeError', '500'],
    ],
    ['a 404 without a route', { status: 404 }, ['GET', unmatched, '404', '404']],
    ['a 404 of a route', { status: 404, route: '/a' }, ['GET', '/a', '404', '404']],
    ['an abort', { status: undefined }, ['GET', '/users/:id', 'aborted', '']],
    [
      'an error without an answer',
      { status: undefined, errorType: 'X' },
      ['GET', '/users/:id', 'X', ''],
    ],
    ['a method nobody knows', { method: 'BREW' }, [other, '/users/:id', '500', '500']],
    ['nothing', { method: undefined, target: undefined }, [other, other, '500', '500']],
    ['a target that is no path', { target: '*' }, ['GET', other, '500', '500']],
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

describe('a handled error is counted by', () => {
  type Row = readonly [title: string, given: Partial<FailedRequest>, expected: readonly string[]]
  const rows: readonly Row[] = [
    ['its type', { errorType: 'HPE_INVALID_METHOD' }, ['GET', '/users/:id', 'HPE_INVALID_METHOD']],
    ['no type', {}, ['GET', '/users/:id', other]],
    ['nothing at all', { method: undefined, target: undefined }, [other, other, other]],
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

describe('responses are counted by status', () => {
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
    test(`${status}`, () => {
      const requestCounts = new RequestCounts(durationBounds)
      requestCounts.addStatus(status)
      requestCounts.addStatus(status)
      assert.deepEqual([...requestCounts.statuses()], [[slot, 2]])
    })
  }
})

test('a request’s figures go into the three histograms', () => {
  const requestCounts = new RequestCounts(durationBounds)
  // Taken off the object, as the request path calls it.
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

test('faults are counted by part', () => {
  const requestCounts = new RequestCounts(durationBounds)
  for (const part of ['http', 'http', 'collect']) requestCounts.addFault(part)
  assert.deepEqual(
    [...requestCounts.faults()],
    [
      ['http', 2],
      ['collect', 1],
    ],
  )
})

describe('100,000 requests of a client’s imagination', () => {
  test('do not grow the series beyond their limits, and every one is counted', () => {
    const random = new Random(1)
    const requestCounts = new RequestCounts(durationBounds)
    const count = 100_000
    for (let index = 0; index < count; index += 1) {
      requestCounts.addFailed(imagined(random))
      requestCounts.addHandled(imagined(random))
      requestCounts.addStatus(random.below(2_000))
    }
    for (const counts of [requestCounts.failed, requestCounts.handled]) {
      const points = counts.points()
      assert.equal(sumOf(points), count)
      assert.ok(distinct(points, 'endpoint') <= collectLimits.endpoints + 1)
      assert.ok(distinct(points, 'error_type') <= collectLimits.errorTypes + 1)
      assert.ok(distinct(points, 'method') <= 11)
      assert.ok(counts.overflowed > 0)
    }
    assert.ok(requestCounts.handled.points().length <= collectLimits.errorSeries + 1)
    // One more per status of an answer: those are a thousand at most.
    assert.ok(requestCounts.failed.points().length <= collectLimits.errorSeries + 1_000)
    assert.ok([...requestCounts.statuses()].length <= 1_000)
  })

  test('nor do statuses that no answer can have', () => {
    const requestCounts = new RequestCounts(durationBounds)
    for (let status = 0; status < 50_000; status += 1) {
      requestCounts.addFailed({ ...request, status, errorType: 'X' })
    }
    assert.equal(sumOf(requestCounts.failed.points()), 50_000)
    assert.ok(requestCounts.failed.points().length <= collectLimits.errorSeries + 1_000)
  })

  function imagined(random: Random): FailedRequest {
    // Some come again and again, others once.
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

describe('who waits for the next count is called', () => {
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

  test('when an error is handled, and again where it asks again', () => {
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

test('statuses are told in order of their first use', () => {
  const requestCounts = new RequestCounts(durationBounds)
  for (const status of [404, 200, 404, 1_000]) requestCounts.addStatus(status)
  assert.deepEqual(requestCounts.usedStatuses, [404, 200, 0])
  assert.deepEqual(
    requestCounts.usedStatuses.map((status) => requestCounts.countOf(status)),
    [2, 1, 1],
  )
})
