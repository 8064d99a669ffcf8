import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fieldsOf } from '../../../src/push/answers/protobuf-fields.ts'

const hex = (text: string): Buffer => Buffer.from(text, 'hex')

describe('A protobuf message has', () => {
  const rows: readonly (readonly [title: string, bytes: string, number: number, value: unknown])[] =
    [
      ['an integer of one byte', '087f', 1, 127],
      ['an integer of two bytes', '08ac02', 1, 300],
      ['an integer of three bytes', '08808001', 1, 16_384],
      ['a field number of two bytes', '800105', 16, 5],
      ['8 bytes', '110102030405060708', 2, '0102030405060708'],
      ['4 bytes', '1d01020304', 3, '01020304'],
      ['a text', '2202abcd', 4, 'abcd'],
      ['an empty text', '2200', 4, ''],
    ]
  for (const [title, bytes, number, expected] of rows) {
    test(title, () => {
      const [field, ...others] = fieldsOf(hex(bytes))
      assert.deepEqual(others, [])
      assert.equal(field?.number, number)
      const value = field.value
      assert.equal(typeof value === 'number' ? value : Buffer.from(value).toString('hex'), expected)
    })
  }

  test('several fields in their order, and none without bytes', () => {
    const fields = fieldsOf(hex('08012201ff0802'))
    assert.deepEqual(
      fields.map(({ number }) => number),
      [1, 4, 1],
    )
    assert.deepEqual(fieldsOf(hex('')), [])
  })

  test('an integer of ten bytes at most', () => {
    const ten = hex(`08${'80'.repeat(9)}01`)
    assert.deepEqual(fieldsOf(ten), [{ number: 1, value: 2 ** 63 }])
    assert.throws(() => fieldsOf(hex(`08${'80'.repeat(10)}01`)), /more than 10 bytes/)
  })
})

describe('Bytes are no message', () => {
  const rows: readonly (readonly [title: string, bytes: string, message: RegExp])[] = [
    ['with an integer that is cut off', '0880', /ends within an integer/],
    ['with a text that is cut off', '2203abcd', /a field ends at byte 5/],
    ['with 8 bytes that are cut off', '1101', /a field ends at byte 9/],
    ['with a wire type that protobuf no longer has', '0b', /the wire type is 3/],
  ]
  for (const [title, bytes, message] of rows) {
    test(title, () => assert.throws(() => fieldsOf(hex(bytes)), { name: 'RangeError', message }))
  }
})
