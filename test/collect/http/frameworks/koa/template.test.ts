import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type KoaContext,
  koaTemplate,
} from '../../../../../src/collect/http/frameworks/koa/template.ts'
import { frameworkLimits } from '../../../../../src/limits/frameworks.ts'

interface LayerOptions {
  readonly methods?: readonly string[]
  readonly fits?: RegExp
}

function layer(
  path: unknown,
  { methods = ['HEAD', 'GET'], fits = /x/ }: LayerOptions = {},
): object {
  return { path, methods, match: (text: string) => fits.test(text) }
}

const user = layer('/users/:id', { fits: /^\/users\/[^/]+$/ })
const me = layer('/users/me', { fits: /^\/users\/me$/ })
const guard = layer('(.*)', { methods: [], fits: /.*/ })
const put = layer('/users/:name', { methods: ['PUT'] })

function entered(path: unknown): KoaContext {
  return { routerPath: path, _matchedRoute: path }
}

function mounted(mountPath: string, originalUrl: string): KoaContext {
  return { mountPath, originalUrl, matched: [user], ...entered('/users/:id') }
}

describe('koaTemplate', () => {
  const rows: [title: string, context: KoaContext, expected: string | undefined][] = [
    ['nothing without a router', {}, undefined],
    ['nothing for a path of another method', { matched: [put] }, undefined],
    ['the route', { matched: [user], ...entered('/users/:id') }, '/users/:id'],
    ['the route that was entered', { matched: [me, user], ...entered('/users/:id') }, '/users/:id'],
    [
      'the first route if the router names the last route that fits',
      { matched: [me, user], _matchedRoute: '/users/:id' },
      '/users/me',
    ],
    [
      'the first route behind middleware',
      { matched: [guard, me], ...entered('(.*)') },
      '/users/me',
    ],
    ['the route of the method', { matched: [put, user], ...entered('/users/:id') }, '/users/:id'],
    ['a regular expression', { matched: [layer(/^\/files\/(\d+)$/)] }, '/^\\/files\\/(\\d+)$/'],
    ['the prefix of a mount', mounted('/v1', '/v1/users/7?x=/v1'), '/v1/users/:id'],
    ['the prefixes of nested mounts', mounted('/b', '/a/b/users/7'), '/a/b/users/:id'],
    [
      'a prefix that the client repeats',
      mounted('/users', '/users/users/users'),
      '/users/users/:id',
    ],
    ['a prefix with a slash at its end', mounted('/v1/', '/v1/users/7'), '/v1/users/:id'],
    ['no prefix of a mount that passed on', mounted('/users', '/users/7'), '/users/:id'],
  ]
  for (const [title, context, expected] of rows) {
    it(`returns ${title}`, () => {
      assert.equal(koaTemplate({ method: 'GET', ...context }), expected)
    })
  }

  it('names at most frameworkLimits.mountPrefixes prefixes of a route', () => {
    const route = layer('/items', { fits: /^\/items$/ })
    const templates = new Set<unknown>()
    for (let count = 0; count < 2 * frameworkLimits.mountPrefixes; count += 1) {
      const originalUrl = `/client${count}/v1/items`
      const context = { method: 'GET', matched: [route], mountPath: '/v1', originalUrl }
      templates.add(koaTemplate(context))
      assert.equal(
        koaTemplate({ ...context, originalUrl: '/client0/v1/items' }),
        '/client0/v1/items',
      )
    }
    assert.equal(templates.size, frameworkLimits.mountPrefixes + 1)
    assert.ok(templates.has('/items'))
  })

  it('looks for a mount at frameworkLimits.mountPlaces places when the path was rewritten', () => {
    let looks = 0
    const match = (): boolean => {
      looks += 1
      // The search would never end.
      assert.ok(looks <= 1_000)
      return false
    }
    const route = { path: '/items', methods: ['GET'], match }
    const context = { method: 'GET', matched: [route], originalUrl: '/v1'.repeat(5_000) }
    assert.equal(koaTemplate({ ...context, mountPath: '/v1' }), '/items')
    assert.equal(looks, frameworkLimits.mountPlaces)
    assert.equal(koaTemplate({ ...context, mountPath: '/' }), '/items')
    assert.equal(looks, frameworkLimits.mountPlaces)
  })

  it('throws for a path of an unknown form', () => {
    assert.throws(() => koaTemplate({ method: 'GET', matched: [layer(7)] }), /another form/)
  })
})
