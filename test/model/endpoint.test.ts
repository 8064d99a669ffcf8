import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { foldPath, other, routeTemplate } from '../../src/model/endpoint.ts'

const webToken = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P'
const uuid = '0b0c9dbe-5f4c-4c3a-9b7f-2f7f5d2f8c11'

describe('a path is folded', () => {
  const rows: readonly (readonly [target: string, folded: string])[] = [
    ['/', '/'],
    ['/users', '/users'],
    ['/users/', '/users/'],
    ['/users/42', '/users/:id'],
    ['/users/42/', '/users/:id/'],
    ['/users/42/orders/7', '/users/:id/orders/:id'],
    ['/42', '/:id'],
    ['/users/42?x=1&y=/a/b', '/users/:id'],
    ['/users?id=42', '/users'],
    ['/users#42', '/users'],
    ['/users/42#top?x', '/users/:id'],
    ['/?', '/'],
    ['//', '//'],
    ['//42', '//:id'],
    [`/a/${uuid}`, '/a/:id'],
    [`/a/${uuid.toUpperCase()}`, '/a/:id'],
    [`/a/${uuid}x`, '/a/:id'],
    ['/a/507f1f77bcf86cd799439011', '/a/:id'],
    ['/a/507f1f77bcf8', '/a/:id'],
    ['/a/507f1f77bcf', '/a/507f1f77bcf'],
    ['/a/deadbeefcafe', '/a/deadbeefcafe'],
    ['/a/deadbeefcaf3', '/a/:id'],
    ['/a/2026-11-21', '/a/:id'],
    ['/a/2026-11-21T10:00:00.000Z', '/a/:id'],
    ['/a/10:30', '/a/:id'],
    ['/a/1.2.3', '/a/:id'],
    ['/a/v1', '/a/v1'],
    ['/v2/a', '/v2/a'],
    ['/a/2nd', '/a/2nd'],
    ['/a/eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9', '/a/:id'],
    ['/a/dQw4w9WgXcQ', '/a/dQw4w9WgXcQ'],
    ['/a/a-long-name-without-any-digits', '/a/a-long-name-without-any-digits'],
    ['/a/a-long-name-with-the-digit-7', '/a/:id'],
    ['/a/%20', '/a/%20'],
    ['/a/1%202', '/a/1%202'],
    ['/a/user@example.org', '/a/:id'],
    ['/a/user%40example.org/b', '/a/:id/b'],
    ['/a/@scope/name.js', '/a/@scope/name.js'],
    ['/a/icon@2x.png', '/a/icon@2x.png'],
    ['/a/lib@main', '/a/lib@main'],
    [`/a/${webToken}/b`, '/a/:id/b'],
    [`/a/${webToken.slice(0, 40)}`, '/a/:id'],
    ['/a/eyJ.js', '/a/eyJ.js'],
    ['/a;jsessionid=ABC/b;x=1', '/a/b'],
    ['/a/42;v=1', '/a/:id'],
    ['/app.js', '/app.js'],
    ['/a/..;/b', '/a/../b'],
    ['http://example.org/users/42?x', '/users/:id'],
    ['http://example.org', '/'],
    ['https://example.org:8443?x=1', '/'],
    ['HTTP://user@example.org/a', '/a'],
    ['*', other],
    ['', other],
    ['?x', other],
    ['#', other],
    ['example.org:443', other],
    ['users/42', other],
    ['\\users', other],
  ]
  for (const [target, folded] of rows) {
    test(`${JSON.stringify(target)} to ${JSON.stringify(folded)}`, () => {
      assert.equal(foldPath(target, 512), folded)
    })
  }
})

describe('a path that is too long', () => {
  test('is cut before it is folded', () => {
    assert.equal(foldPath('/users/42', 7), '/users/')
    assert.equal(foldPath('/users/42', 8), '/users/:id')
    assert.equal(foldPath('/users/42?x', 9), '/users/:id')
    assert.equal(foldPath('http://example.org/users/42', 20), '/u')
  })

  test('takes bounded time even when hostile', { timeout: 10_000 }, () => {
    const names = ['a', '0', '-', '/', '.', ':', 'a0', '0-', 'http://']
    const parts = [...names, '@', '%40', 'a@b.c', '.a', ';', 'eyJ', 'eyJaaaaaaa.']
    for (const part of parts) foldPath(`/${part.repeat(1_000_000)}!`, 512)
    for (const part of parts) foldPath(`/${part.repeat(20_000)}!`, 1_000_000)
  })
})

describe('A template', () => {
  const catchAlls = ['*', '/*', '/{*splat}', '{/*splat}', '/*splat', '/**', '/**:path', '/{p*}']
  const others = [
    '/:path*',
    '/:path(.*)',
    '/:path(*)',
    '/:all{.*}',
    '/:all{.+}',
    '/(.*)',
    '/[...slug]',
    '/[[...slug]]',
    '/.*/',
    '/^\\/(.*)$/',
  ]
  for (const template of [...catchAlls, ...others, '/*/*']) {
    test(`${template} is no route`, () => assert.equal(routeTemplate(template, 512), undefined))
  }

  const routes = [
    '/',
    '/a',
    '/a/*',
    '/*/a',
    '/:id',
    '/:id{[0-9]+}',
    '/[slug]',
    '/a/{*splat}',
    'user.get',
    '/^\\/a/',
  ]
  for (const template of routes) {
    test(`${template} is a route`, () => assert.equal(routeTemplate(template, 512), template))
  }

  test('has no doubled slashes, is cut, and is a slash if empty', () => {
    assert.equal(routeTemplate('//u//:id', 512), '/u/:id')
    assert.equal(routeTemplate('/abc', 3), '/ab')
    assert.equal(routeTemplate('', 512), '/')
  })

  test('takes bounded time even when hostile', { timeout: 10_000 }, () => {
    for (const part of ['*', '/', '[', '(.*)', ':a', '{*a}', '\\/']) {
      routeTemplate(`/${part.repeat(100_000)}!`, 512)
    }
  })
})
