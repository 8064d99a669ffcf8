import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Attributes } from '@opentelemetry/api'
import { attributeKey } from '../../src/model/attribute-key.ts'
import { Random } from '../support/random.ts'

describe('attributes have the same key for', () => {
  const rows: readonly (readonly [title: string, left: Attributes, right: Attributes])[] = [
    ['two empty objects', {}, {}],
    ['another order', { a: 1, b: 2, c: 3 }, { c: 3, a: 1, b: 2 }],
    ['equal lists', { a: ['x', 'y'], b: 1 }, { b: 1, a: ['x', 'y'] }],
    ['an undefined attribute and none', { a: undefined }, {}],
  ]
  for (const [title, left, right] of rows) {
    test(title, () => assert.equal(attributeKey(left), attributeKey(right)))
  }
})

describe('attributes have different keys for', () => {
  const rows: readonly (readonly [title: string, left: Attributes, right: Attributes])[] = [
    ['another value', { a: 1 }, { a: 2 }],
    ['another name', { a: 1 }, { b: 1 }],
    ['names and values swapped', { a: 'b' }, { b: 'a' }],
    ['a number and its text', { a: 1 }, { a: '1' }],
    ['true and its text', { a: true, b: 1 }, { a: 'true', b: 1 }],
    ['one more attribute', { a: 1 }, { a: 1, b: 1 }],
    ['values swapped', { a: 1, b: 2 }, { a: 2, b: 1 }],
    ['text that looks like JSON', { a: 'x', b: 'y' }, { a: 'x"],["b","y' }],
    ['a name that looks like a list of two', { 'a",1],["b': 2 }, { a: 1, b: 2 }],
    ['lists in another order', { a: [1, 2] }, { a: [2, 1] }],
    ['a list and its text', { a: ['x'] }, { a: '["x"]' }],
    ['nothing and an empty text', {}, { a: '' }],
    ['upper and lower case', { a: 'X' }, { a: 'x' }],
  ]
  for (const [title, left, right] of rows) {
    test(title, () => assert.notEqual(attributeKey(left), attributeKey(right)))
  }

  test('an own __proto__', () => {
    const named: Attributes = JSON.parse('{"__proto__":"x","a":1}')
    assert.notEqual(attributeKey(named), attributeKey({ a: 1 }))
  })
})

test('attributes keep their key when shuffled, and get another key for each change', () => {
  const random = new Random(3)
  const names = ['a', 'b', 'c', 'd', '', '__proto__', 'größe', '1']
  const values = ['', 'x', '"', 0, 1, -1.5, true, false, ['x'], [1, 2]]
  for (let round = 0; round < 2_000; round += 1) {
    const entries = random.some(names, 0.6).map((name) => [name, random.pick(values)] as const)
    const key = attributeKey(Object.fromEntries(entries) as Attributes)
    const shuffled = entries.toSorted(() => random.next() - 0.5)
    assert.equal(attributeKey(Object.fromEntries(shuffled) as Attributes), key)
    if (entries.length === 0) continue
    const changed = new Map<string, unknown>(entries)
    changed.set(random.pick(entries)[0], 'something else')
    assert.notEqual(attributeKey(Object.fromEntries(changed) as Attributes), key)
  }
})
