import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  matchesPath,
  parsePathPattern,
  parsePathRule,
} from '../../../src/model/route/path-pattern.ts'

describe('A pattern of paths', () => {
  const rows: readonly (readonly [pattern: string, path: string, fits: boolean])[] = [
    ['/', '/', true],
    ['/', '/a', false],
    ['/a', '/a', true],
    ['/a', '/a/', true],
    ['/a', '/a//', false],
    ['/a/', '/a', false],
    ['/a/*/b', '/a/x/b/', true],
    ['/users/:u', '/users/joe/', true],
    ['/a', '/A', false],
    ['/a/', '/a/', true],
    ['/a/*', '/a/b', true],
    ['/a/*', '/a/', false],
    ['/a/*', '/a/b/c', false],
    ['/*/b', '/x/b', true],
    ['/:shop/items', '/acme/items', true],
    ['/a/**', '/a', true],
    ['/a/**', '/a/', true],
    ['/a/**', '/a/b/c', true],
    ['/a/**', '/ab', false],
    ['/**', '/', true],
    ['/**', '/a/b', true],
    ['/a.b', '/axb', false],
    ['/(a+)+', '/aaaa', false],
    ['/a/:id', '/a/:id', true],
  ]
  for (const [text, path, expected] of rows) {
    test(`${text} ${expected ? 'fits' : 'does not fit'} ${path}`, () => {
      const pattern = parsePathPattern(text) ?? assert.fail('refused')
      assert.equal(matchesPath(pattern, path), expected)
    })
  }

  const wrong = [
    '',
    'a',
    '*',
    '/a*',
    '/**/a',
    '/a b',
    '/a?x',
    '/a#x',
    '/a,b',
    '/a>b',
    `/${'a'.repeat(200)}`,
  ]
  for (const text of [...wrong, '/a'.repeat(21)]) {
    test(`is not ${JSON.stringify(text.slice(0, 20))}`, () =>
      assert.equal(parsePathPattern(text), undefined))
  }

  test('takes bounded time for any path', { timeout: 5_000 }, () => {
    const pattern = parsePathPattern(`${'/*'.repeat(19)}/**`) ?? assert.fail('refused')
    for (let count = 0; count < 1_000; count += 1) matchesPath(pattern, '/a'.repeat(10_000))
  })
})

describe('A rule of paths', () => {
  test('has a template, or is its own', () => {
    assert.equal(parsePathRule('/a/* => /a/:b')?.template, '/a/:b')
    assert.equal(parsePathRule('/a/*=>/a/:b')?.pattern.text, '/a/*')
    assert.equal(parsePathRule('/a/:b')?.template, '/a/:b')
  })

  const wildcards = ['/x/** => /**', '/x/* => /*', '/x/* => /*/**', '/**', '/*']
  for (const text of ['/a =>', '=> /a', '/a => b', '/a => /b c', '/a => /b,c', ...wildcards]) {
    test(`is not ${text}`, () => assert.equal(parsePathRule(text), undefined))
  }
})
