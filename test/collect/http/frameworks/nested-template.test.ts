import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nestedTemplate } from '../../../../src/collect/http/frameworks/nested-template.ts'

const rows: readonly (readonly [outer: string, inner: string, expected: string])[] = [
  ['/shop/*', '/items/:id', '/shop/items/:id'],
  ['/shop/**', '/items/:id', '/shop/items/:id'],
  ['/*', '/items/:id', '/items/:id'],
  // The mount hands on the whole path.
  ['/shop/*', '/shop/items/:id', '/shop/items/:id'],
  ['/shop/*', '/shopping/:id', '/shop/shopping/:id'],
  // The handler makes a request itself.
  ['/users/:id', '/items/:id', '/users/:id'],
  ['/files/*/raw', '/items/:id', '/files/*/raw'],
]

describe('nestedTemplate()', () => {
  for (const [outer, inner, expected] of rows) {
    test(`${outer} around ${inner} is ${expected}`, () => {
      assert.equal(nestedTemplate(outer, inner), expected)
    })
  }
})
