import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  decodeNumber,
  encodeNumber,
  isEncodedNumber,
} from '../../../src/share/peers/encoded-number.ts'

const special: readonly (readonly [number: number, text: string])[] = [
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
  [-0, '-0'],
]

describe('encodeNumber()', () => {
  test('returns a text for a number that JSON does not have', () => {
    for (const [number, text] of special) assert.equal(encodeNumber(number), text)
  })

  test('returns other numbers unchanged', () => {
    for (const number of [0, 1, -1.5, 5e-324, Number.MAX_VALUE]) {
      assert.ok(Object.is(encodeNumber(number), number))
    }
  })
})

describe('decodeNumber()', () => {
  test('returns the number of each text', () => {
    for (const [number, text] of special) assert.ok(Object.is(decodeNumber(text), number))
  })

  test('returns numbers unchanged', () => {
    for (const number of [0, 1, -1.5]) assert.equal(decodeNumber(number), number)
  })

  test('returns undefined for each other value', () => {
    for (const value of [undefined, null, '', '1', 'nan', true, [1], {}]) {
      assert.equal(decodeNumber(value), undefined)
    }
  })
})

describe('isEncodedNumber()', () => {
  test('is true for the values that encodeNumber() returns', () => {
    for (const value of [0, 1.5, ...special.map(([, text]) => text)]) {
      assert.equal(isEncodedNumber(value), true)
    }
  })

  test('is false for each other value', () => {
    for (const value of [undefined, null, '1', [1]]) assert.equal(isEncodedNumber(value), false)
  })
})
