import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Layer,
  type LayerMatch,
  layerTemplate,
  matchLayer,
} from '../../../../../src/collect/http/frameworks/express/layers.ts'
import { fits, pathTemplate } from '../../../../../src/collect/http/frameworks/express/paths.ts'
import { frameworkLimits } from '../../../../../src/limits/frameworks.ts'

/** A layer as Express 4 has it. */
function layer4(regexp: RegExp, ...names: string[]): Layer {
  return { regexp, keys: names.map((name) => ({ name })) }
}

/** A layer as `router` 2.0 has it. */
function layerOf(regexp: RegExp): Layer {
  const matcher = (path: string): LayerMatch | false => {
    const match = regexp.exec(path)
    return match !== null && { path: match[0], params: { ...match.groups } }
  }
  return { matchers: [matcher] }
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

  const rest = String.raw`\/?(?=\/|$)`
  const partial: readonly (readonly [
    source: string,
    names: string[],
    path: string,
    expected: string,
  ])[] = [
    [String.raw`^\/@(?:((?:(?!\/|\/@).)+?))${rest}`, ['user'], '/@joe', '/@:user'],
    [String.raw`^\/@(?:([^\/]+?))${rest}`, ['user'], '/@joe', '/@:user'],
    [String.raw`^\/n-(?:(\d+))${rest}`, ['x'], '/n-12', '/n-:x'],
    [String.raw`^\/f(?:\.([^/\.]+?))${rest}`, ['ext'], '/f.jpg', '/f.:ext'],
    [String.raw`^\/k(?:\/([^/]+?))(?:\.([^/\.]+?))${rest}`, ['a', 'b'], '/k/a.b', '/k/:a.:b'],
    [String.raw`^\/o(?:\/([^/]+?))?${rest}`, ['x'], '/o', '/o/:x?'],
    [String.raw`^\/v\d+`, [], '/v12', String.raw`/^\/v\d+/i`],
    [String.raw`^\/arr1${rest}|^\/arr\d`, [], '/arr2', String.raw`/^\/arr\d/i`],
    [String.raw`(?:^\/arr1${rest}|^\/arr\d)`, [], '/ARR1', '/arr1'],
    [String.raw`^\/t\/(?:([^/]+?))${rest}|^\/u\/(?:([^/]+?))${rest}`, ['a', 'b'], '/u/x', '/u/:b'],
  ]
  for (const [source, names, path, expected] of partial) {
    test(`of ${source} is ${expected} for ${path}`, () =>
      assert.equal(layerTemplate(layer4(new RegExp(source, 'i'), ...names), path), expected))
  }

  test('is the same for a wildcard with any number of segments, which clients choose', () => {
    const proxy = layer4(/^\/proxy\/(.*)\/?(?=\/|$)/i, '0')
    for (const count of [1, 2, 5, 40, 4_000]) {
      assert.equal(layerTemplate(proxy, `/proxy${'/a'.repeat(count)}`), '/proxy/*')
    }
  })

  test('has no text of clients if the layer has functions only', () => {
    const at = layerOf(/^\/@(?<user>[^/]+)/)
    assert.equal(layerTemplate(at, '/@joe'), '/@:user')
    assert.equal(layerTemplate(at, '/@q7'), '/@:user')
    const version = layerOf(/^\/v\d+/)
    const two = layerOf(/^\/k\/(?<a>[^/.]+)\.(?<b>[^/.]+)/)
    assert.equal(layerTemplate(version, '/v1'), '/v*')
    assert.equal(layerTemplate(version, '/v260'), '/v*')
    assert.equal(layerTemplate(two, '/k/a.b'), '/k/:a.:b')
    assert.equal(layerTemplate(layerOf(/^\/[^/]+/), `/${'a'.repeat(1_000)}`), '/*')
  })

  test('is a placeholder beyond the limit', () => {
    const words = layerOf(/^\/(?:a|bb|ccc)+/)
    const templates = new Set<string>()
    for (let count = 1; count < 100; count += 1) {
      templates.add(layerTemplate(words, `/${'a'.repeat(count)}`))
    }
    assert.ok(templates.size <= frameworkLimits.layerTemplates + 1)
    assert.ok(templates.has('/*'))
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
