import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Layer,
  layerTemplate,
  matchLayer,
} from '../../../../../src/collect/http/frameworks/express/layers.ts'
import { fits, pathTemplate } from '../../../../../src/collect/http/frameworks/express/paths.ts'
import { frameworkLimits } from '../../../../../src/limits/frameworks.ts'

/** A layer as Express 4 has it. */
function layer4(regexp: RegExp, ...names: string[]): Layer {
  return { regexp, keys: names.map((name) => ({ name })) }
}

describe('The template of a layer that does not tell its path', () => {
  const orgs = layer4(/^\/orgs\/(?:([^/]+?))\/?(?=\/|$)/i, 'org')
  const rows: readonly (readonly [title: string, Layer, path: string, expected: string])[] = [
    ['names a parameter', orgs, '/orgs/acme', '/orgs/:org'],
    [
      'ignores the value',
      layer4(/^\/orgs\/(?:([^/]+?))\/?(?=\/|$)/i, 'org'),
      '/orgs/orgs',
      '/orgs/:org',
    ],
    ['keeps a fixed text', layer4(/^\/v1\/?(?=\/|$)/i), '/v1', '/v1'],
    ['finds numbers', layer4(/^\/(\d+)\/?(?=\/|$)/, 'id'), '/7', '/:id'],
    ['finds other patterns', layer4(/^\/(a|b)\/?(?=\/|$)/, 'kind'), '/b', '/:kind'],
    [
      'finds two parameters',
      layer4(/^\/([^/]+?)\/x\/([^/]+?)\/?(?=\/|$)/, 'p', 'q'),
      '/x/x/x',
      '/:p/x/:q',
    ],
  ]
  for (const [title, layer, path, expected] of rows) {
    test(title, () => assert.equal(layerTemplate(layer, path), expected))
  }

  test('is the same for a wildcard with any number of segments, which clients choose', () => {
    let looks = 0
    const proxy = layer4(/^\/proxy\/(.*)\/?(?=\/|$)/i, '0')
    const exec = proxy.regexp?.exec.bind(proxy.regexp)
    const regexp = Object.assign(/x/, {
      exec: (text: string) => {
        looks += 1
        return exec?.(text) ?? null
      },
    })
    for (const count of [1, 2, 5, 40, 4_000]) {
      looks = 0
      const path = `/proxy${'/a'.repeat(count)}`
      assert.equal(layerTemplate({ ...proxy, regexp }, path), '/proxy/:0')
      assert.ok(looks <= 5 * frameworkLimits.probedSegments, `${looks} looks`)
    }
  })

  test('is the one of the first request with as many segments', () => {
    assert.equal(layerTemplate(orgs, '/ORGS/globex'), '/orgs/:org')
  })
})

test('A layer at the root matches nothing, and a layer of another form throws', () => {
  const nothing = { path: '', params: {} }
  assert.deepEqual(matchLayer({ slash: true }, '/a'), nothing)
  assert.deepEqual(matchLayer({ regexp: Object.assign(/^/, { fast_slash: true }) }, '/a'), nothing)
  assert.throws(() => matchLayer({}, '/a'), TypeError)
  assert.equal(matchLayer({ matchers: [() => false] }, '/a'), undefined)
})

describe('The template of a path', () => {
  const rows: readonly (readonly [path: unknown, actual: string, expected: string])[] = [
    ['/a/:id', '/a/1', '/a/:id'],
    [/^\/a$/, '/a', '/^\\/a$/'],
    [['/a', '/b/:id'], '/b/1', '/b/:id'],
    [['/a', '/b/:id'], '/A', '/a'],
    [['/a', ['/b/:id', /x/]], '/zx', '/x/'],
    [['/a', '/b{/:id}'], '/b/1', '/b{/:id}'],
    [['/a', '/b'], '/c', '/a'],
    [[], '/c', ''],
  ]
  for (const [path, actual, expected] of rows) {
    test(`${String(path)} of ${actual} is ${expected}`, () =>
      assert.equal(pathTemplate(path, actual), expected))
  }

  test('of another form throws', () => assert.throws(() => pathTemplate(3, '/a'), TypeError))
  test('fits no path of another length', () => assert.ok(!fits('/a/:id', '/a')))
})
