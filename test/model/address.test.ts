import assert from 'node:assert/strict'
import { test } from 'node:test'
import { overlap } from '../../src/model/address.ts'

const rows: [one: string | undefined, other: string | undefined, isTrue: boolean][] = [
  [undefined, undefined, true],
  [undefined, '127.0.0.1', true],
  [undefined, '::1', true],
  [undefined, 'name', true],
  ['::', '0.0.0.0', true],
  ['::', '127.0.0.1', true],
  ['::', '::1', true],
  ['0.0.0.0', '0.0.0.0', true],
  ['0.0.0.0', '10.0.0.1', true],
  ['0.0.0.0', '::1', false],
  ['0.0.0.0', 'fe80::1', false],
  // The name can stand for ::1 alone.
  ['0.0.0.0', 'localhost', false],
  ['127.0.0.1', '127.0.0.1', true],
  ['127.0.0.1', '127.0.0.2', false],
  ['127.0.0.1', '::1', false],
  ['name', 'name', true],
  ['name', 'other', false],
]

test('addresses overlap if two servers cannot have the same port', () => {
  for (const [one, other, isTrue] of rows) {
    assert.equal(overlap(one, other), isTrue, `${one} and ${other}`)
    assert.equal(overlap(other, one), isTrue, `${other} and ${one}`)
  }
})
