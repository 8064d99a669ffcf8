import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Endpoints } from '../../../src/collect/counts/endpoints.ts'
import { OperationRoutes } from '../../../src/collect/http/operation-route.ts'
import { collectLimits } from '../../../src/limits/collect.ts'
import { frameworkLimits } from '../../../src/limits/frameworks.ts'

describe('OperationRoutes', () => {
  test('puts the operation behind the template of the framework', () => {
    const routes = new OperationRoutes(2)
    assert.equal(
      routes.of('GetUser', '/:tenant/graphql', '/acme/graphql'),
      '/:tenant/graphql GetUser',
    )
    assert.equal(routes.of('GetUser', '/:tenant/graphql', '/b/graphql'), '/:tenant/graphql GetUser')
  })

  test('takes the folded path where there is no template, or wildcards only', () => {
    const routes = new OperationRoutes(2)
    assert.equal(
      routes.of('GetUser', undefined, '/shops/7/graphql?x=1'),
      '/shops/:id/graphql GetUser',
    )
    assert.equal(routes.of('GetUser', '/*', '/graphql'), '/graphql GetUser')
  })

  test('cuts a long name', () => {
    const name = 'x'.repeat(10_000)
    const route = new OperationRoutes(1).of(name, '/graphql', '/graphql')
    assert.equal(route, `/graphql ${name.slice(0, frameworkLimits.operationChars)}`)
  })

  test('has one name for the operations beyond the limit, also where there is no template', () => {
    const routes = new OperationRoutes(2)
    const endpoints = new Endpoints()
    const names = ['GetA', 'GetB', 'GetC', 'GetD'].map((operation) => {
      const route = routes.of(operation, undefined, '/graphql')
      return endpoints.of({ route, target: '/graphql', status: 200 }).name
    })
    assert.deepEqual(names, ['/graphql GetA', '/graphql GetB', ...Array(2).fill('/graphql _OTHER')])
    assert.deepEqual(endpoints.overflowed, { templates: 2, paths: 0 })
  })

  test('has this name for a bounded number of paths', () => {
    const most = frameworkLimits.operationPaths
    const routes = new OperationRoutes(2 * most)
    const paths = Array.from({ length: 2 * most }, (_, index) => `/${'p'.repeat(index + 1)}`)
    for (const path of paths) routes.of('First', undefined, path)
    const later = paths.map((path) => routes.of('Later', undefined, path))
    assert.equal(later.filter((name) => name !== undefined).length, most)
  })

  test('leaves names for routes when clients make up operations and paths', () => {
    const limit = 10
    const routes = new OperationRoutes(limit / 2)
    const endpoints = new Endpoints({ ...collectLimits, endpoints: limit, foldedPaths: 3 })
    const nameOf = (route: string | undefined, target: string): string =>
      endpoints.of({ route, target, status: 200 }).name
    for (let each = 0; each < 1_000; each += 1) {
      nameOf(routes.of(`Made${each}`, '/graphql', '/graphql'), '/graphql')
      nameOf(routes.of('Same', undefined, `/made-up${each}x`), `/made-up${each}x`)
    }
    assert.equal(nameOf(routes.of('Late', '/graphql', '/graphql'), '/graphql'), '/graphql _OTHER')
    assert.equal(routes.of('Late', undefined, '/late'), undefined)
    assert.equal(nameOf('/users/:id', '/users/7'), '/users/:id')
  })
})
