import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NumberedList } from '../../../src/state/series/numbered-list.ts'

describe('NumberedList', () => {
  test('holds items by numbers without gaps, and replaces them', () => {
    const list = new NumberedList<string>()
    list.set(0, 'a')
    list.set(1, undefined)
    list.set(0, 'c')
    assert.deepEqual(list.items, ['c', undefined])
    assert.deepEqual([list.get(0), list.get(1), list.get(2)], ['c', undefined, undefined])
    assert.deepEqual([list.has(0), list.has(1), list.has(2)], [true, true, false])
  })

  test('holds items by any numbers, in the order of their addition', () => {
    const list = new NumberedList<string>()
    const numbers = [0, 1, 9, 2, Number.MAX_SAFE_INTEGER, 3]
    for (const number of numbers) list.set(number, String(number))
    list.set(9, 'nine')
    assert.deepEqual(list.items, ['0', '1', 'nine', '2', String(Number.MAX_SAFE_INTEGER), '3'])
    for (const number of numbers.filter((each) => each !== 9))
      assert.equal(list.get(number), String(number))
    assert.equal(list.get(9), 'nine')
    assert.equal(list.has(5), false)
    assert.equal(list.size, 6)
  })

  test('gives items without a number no number, and keeps no numbers of kept items', () => {
    const list = new NumberedList<string>()
    list.set(0, 'a')
    list.add('b')
    assert.equal(list.has(1), false)
    list.set(1, 'c')
    list.set(2, 'd')
    assert.deepEqual(list.items, ['a', 'b', 'c', 'd'])
    assert.deepEqual([list.get(0), list.get(1), list.get(2)], ['a', 'c', 'd'])
    list.keep(['c'])
    assert.deepEqual([list.size, list.get(0), list.get(1)], [1, undefined, undefined])
  })
})
