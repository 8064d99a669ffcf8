import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Endpoints } from '../../../src/collect/counts/endpoints.ts'
import { collectLimits } from '../../../src/limits/collect.ts'
import { other, unmatched } from '../../../src/model/endpoint.ts'
import { parsePathPattern, parsePathRule } from '../../../src/model/route/path-pattern.ts'

const limits = { endpoints: 2, foldedPaths: 2, cachedTargets: 3 }

interface Given {
  readonly route?: string
  readonly target?: string
  readonly status?: number
  readonly isOptions?: boolean
}

function nameIn(
  endpoints: Endpoints,
  { route, target = '/x', status = 200, isOptions }: Given,
): string {
  return endpoints.of({ route, target, status }, isOptions).name
}

describe('Endpoints name', () => {
  const rows: readonly (readonly [title: string, Given, expected: string])[] = [
    ['a request by its route', { route: '/users/:id' }, '/users/:id'],
    ['a request without a route by its folded path', { target: '/users/42?x=1' }, '/users/:id'],
    ['a request of a catch-all by its folded path', { route: '/*', target: '/7' }, '/:id'],
    ['a 4xx without a route as unmatched', { target: '/users/42', status: 401 }, unmatched],
    ['a 4xx of a catch-all as unmatched', { route: '*', status: 404 }, unmatched],
    ['an OPTIONS request without a route as unmatched', { isOptions: true }, unmatched],
    ['an OPTIONS request by its route', { route: '/a', isOptions: true }, '/a'],
    ['a 4xx by its route', { route: '/a', status: 404 }, '/a'],
    ['a target that is no path as other', { target: '*' }, other],
  ]
  for (const [title, given, expected] of rows) {
    test(title, () => assert.equal(nameIn(new Endpoints(), given), expected))
  }

  test('the same text by the same entry', () => {
    const endpoints = new Endpoints()
    const of = (target: string) => endpoints.of({ route: undefined, target, status: 200 })
    assert.equal(of('/users/1'), of('/users/2'))
    assert.equal(of('/users/1'), endpoints.of({ route: '/users/:id', target: '', status: 500 }))
  })
})

test('Endpoints have one entry for a name, also for a route that is called _OTHER', () => {
  const endpoints = new Endpoints()
  const unknown = endpoints.of({ route: undefined, target: undefined, status: 200 })
  const refused = endpoints.of({ route: undefined, target: '/x', status: 404 })
  assert.equal(endpoints.of({ route: other, target: '/x', status: 200 }), unknown)
  assert.equal(endpoints.of({ route: unmatched, target: '/x', status: 200 }), refused)
})

describe('Endpoints keep a bound', () => {
  test('of templates and of paths, each for itself', () => {
    const endpoints = new Endpoints(limits)
    const paths = ['/a', '/b', '/c', '/d', '/a'].map((target) => nameIn(endpoints, { target }))
    assert.deepEqual(paths, ['/a', '/b', other, other, '/a'])
    const routes = ['/q', '/r', '/s', '/s', '/q', '/a'].map((route) => nameIn(endpoints, { route }))
    assert.deepEqual(routes, ['/q', '/r', other, other, '/q', '/a'])
    assert.deepEqual(endpoints.overflowed, { templates: 2, paths: 2 })
  })

  test('of remembered targets, and of texts of one template', () => {
    const endpoints = new Endpoints(limits)
    for (let index = 0; index < 1_000; index += 1) {
      assert.equal(nameIn(endpoints, { target: `/users/${index}` }), '/users/:id')
      assert.equal(nameIn(endpoints, { route: `/q${'/'.repeat(1 + (index % 50))}r` }), '/q/r')
    }
    assert.deepEqual(endpoints.overflowed, { templates: 0, paths: 0 })
  })

  test('of memory for a million random paths and routes', { timeout: 60_000 }, () => {
    const endpoints = new Endpoints()
    const names = new Set<string>()
    for (let index = 0; index < 1_000_000; index += 1) {
      const word = (index * 7_919).toString(36)
      names.add(nameIn(endpoints, { target: `/${word}z`, status: 200 }))
      names.add(nameIn(endpoints, { route: `/r/${word}` }))
    }
    assert.equal(names.size, collectLimits.endpoints + collectLimits.foldedPaths + 1)
    assert.equal(nameIn(endpoints, { route: '/r/0' }), '/r/0')
  })
})

describe('Endpoints follow the rules of the operator', () => {
  const pattern = (text: string) => parsePathPattern(text) ?? assert.fail('refused')
  const rule = (text: string) => parsePathRule(text) ?? assert.fail('refused')
  const rules = {
    paths: [rule('/shops/* => /shops/:shop')],
    excluded: [pattern('/healthz'), pattern('/assets/**'), pattern('/shops/:shop/hidden')],
    longPolls: [pattern('/socket.io/**')],
  }
  interface Row extends Given {
    readonly name: string
    readonly isExcluded?: boolean
    readonly isLongPoll?: boolean
  }
  const rows: readonly (readonly [title: string, Row])[] = [
    ['for a path', { target: '/shops/acme?x=1', name: '/shops/:shop' }],
    ['for a path that was refused', { target: '/shops/a', status: 403, name: '/shops/:shop' }],
    [
      'not for a path with a route',
      { target: '/shops/a', route: '/:any/:other', name: '/:any/:other' },
    ],
    ['for excluded paths', { target: '/assets/a/1.js', name: '/assets/**', isExcluded: true }],
    [
      'for an excluded route',
      { route: '/shops/:shop/hidden', name: '/shops/:shop/hidden', isExcluded: true },
    ],
    [
      'for a route below an excluded path',
      { route: '/assets/*path', name: '/assets/*path', isExcluded: true },
    ],
    ['for long polls', { target: '/socket.io/?x', name: '/socket.io/**', isLongPoll: true }],
    ['for other paths', { target: '/else', name: '/else' }],
  ]
  for (const [title, { name, isExcluded = false, isLongPoll = false, ...given }] of rows) {
    test(title, () => {
      const endpoints = new Endpoints(collectLimits, rules)
      const { route, target = '/y', status = 200 } = given
      const entry = endpoints.of({ route, target, status })
      assert.deepEqual(
        [entry.name, entry.isExcluded, entry.isLongPoll],
        [name, isExcluded, isLongPoll],
      )
    })
  }

  test('and templates of the rules take no names from routes', () => {
    const paths = [rule('/a/*'), rule('/b/*'), rule('/c/*')]
    const endpoints = new Endpoints(limits, { ...rules, paths })
    for (const { template } of paths) nameIn(endpoints, { target: template })
    const routes = ['/q', '/r', '/s'].map((route) => nameIn(endpoints, { route }))
    assert.deepEqual(routes, ['/q', '/r', other])
  })

  test('and excluded paths take no names from others', () => {
    const endpoints = new Endpoints(limits, rules)
    for (let index = 0; index < 100; index += 1) nameIn(endpoints, { target: `/assets/x${index}y` })
    assert.deepEqual(endpoints.overflowed, { templates: 0, paths: 0 })
  })
})
