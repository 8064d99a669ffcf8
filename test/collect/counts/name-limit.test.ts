import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NameLimit } from '../../../src/collect/counts/name-limit.ts'
import { other } from '../../../src/model/endpoint.ts'

const owner = {}

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
  for (const [name, admitted] of rows) assert.equal(names.admit(name, owner), admitted)
  assert.equal(names.overflowed, 3)
})

test('NameLimit treats the property names of objects like other names', () => {
  const names = new NameLimit(3)
  for (const name of ['__proto__', 'constructor', '']) assert.equal(names.admit(name, owner), name)
  assert.equal(names.admit('toString', owner), other)
})

test('NameLimit has a reserve for each owner, so that an owner takes no names from others', () => {
  const names = new NameLimit(1, 2)
  const [greedy, late] = [{}, {}]
  const admitted = ['a', 'b', 'c', 'd', 'e'].map((name) => names.admit(name, greedy))
  assert.deepEqual(admitted, ['a', 'b', 'c', other, other])
  assert.deepEqual(
    ['c', 'd', 'e', 'f'].map((name) => names.admit(name, late)),
    ['c', 'd', 'e', other],
  )
})
