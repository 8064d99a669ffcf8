import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newEndedRequest } from '../../src/collect/counts/ended-request.ts'
import { type RouteSettings, routeOptions } from '../../src/collect/route-options.ts'

const settings: RouteSettings = {
  httpMetrics: true,
  httpBodySizes: true,
  httpStatusGroups: true,
  httpExclude: ['/healthz'],
  httpExcludeMethods: ['OPTIONS'],
  httpLongPolls: ['/poll'],
  httpPathRules: ['/shops/* => /shops/:shop'],
  httpEndpoints: 1,
  httpGraphql: false,
}

describe('routeOptions()', () => {
  test('gives each setting to its part', () => {
    const { endpoints, routes } = routeOptions(settings)
    const of = (given: object) =>
      endpoints?.of({ route: undefined, target: '/', status: 200, ...given }) ?? assert.fail()
    assert.equal(of({ target: '/shops/a' }).name, '/shops/:shop')
    assert.equal(of({ target: '/healthz' }).isExcluded, true)
    assert.equal(of({ target: '/poll' }).isLongPoll, true)
    assert.deepEqual([of({ route: '/a' }).name, of({ route: '/b' }).name], ['/a', '_OTHER'])
    routes?.add({ ...newEndedRequest(), status: 204 }, of({ route: '/a' }))
    const [cell] = routes?.cells ?? []
    assert.equal(cell?.attributes['http.response.status_code'], '2xx')
    assert.ok(cell?.requestSize && cell.responseSize)
  })

  test('keeps the rules of endpoints without the metrics by route', () => {
    const { endpoints, routes } = routeOptions({ ...settings, httpMetrics: false })
    assert.ok(endpoints)
    assert.equal(routes, undefined)
  })

  test('is empty without an exporter', () => assert.deepEqual(routeOptions(undefined), {}))
})
