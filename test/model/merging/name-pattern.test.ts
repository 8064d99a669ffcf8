import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { matchesPattern } from '../../../src/model/merging/name-pattern.ts'

describe('A pattern', () => {
  const rows: readonly (readonly [pattern: string, text: string, matches: boolean])[] = [
    ['system.cpu.time', 'system.cpu.time', true],
    ['system.cpu.time', 'system.cpu.times', false],
    ['system.*', 'system.cpu.time', true],
    ['system.*', 'system.', true],
    ['system.*', 'systems', false],
    ['*', '', true],
    ['*.time', 'system.cpu.time', true],
    ['*.time', '.time', true],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['ab*ba', 'abba', true],
    ['a*bc*c', 'abc', false],
    ['*a*', 'bab', true],
    ['**', 'x', true],
    ['a.b', 'a-b', false],
    ['[a-z]', 'a', false],
  ]
  for (const [pattern, text, matches] of rows) {
    test(`${pattern} ${matches ? 'matches' : 'does not match'} "${text}"`, () => {
      assert.equal(matchesPattern(pattern, text), matches)
    })
  }

  test('of many stars ends in time on a long text', () => {
    assert.equal(matchesPattern(`${'a*'.repeat(100)}b`, 'a'.repeat(200_000)), false)
  })
})
