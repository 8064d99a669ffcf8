import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NameLimit } from '../../../src/collect/counts/name-limit.ts'
import { other } from '../../../src/model/endpoint.ts'

test('NameLimit keeps the first names for ever and folds later names', () => {
  const names = new NameLimit(2)
  const rows = [
    ['a', 'a'],
    ['b', 'b'],
    ['c', other],
    ['a', 'a'],
    ['c', other],
    ['__proto__', other],
    ['b', 'b'],
  ] as const
  for (const [name, admitted] of rows) assert.equal(names.admit(name), admitted)
  assert.equal(names.overflowed, 3)
})

test('NameLimit treats the property names of objects like other names', () => {
  const names = new NameLimit(3)
  for (const name of ['__proto__', 'constructor', '']) assert.equal(names.admit(name), name)
  assert.equal(names.admit('toString'), other)
})
