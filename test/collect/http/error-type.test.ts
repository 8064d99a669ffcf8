import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorTypeOf } from '../../../src/collect/http/error-type.ts'

class PaymentError extends Error {}

describe('errorTypeOf', () => {
  const rows: [title: string, error: unknown, expected: string][] = [
    ['the class of an error', new TypeError(), 'TypeError'],
    ['the class of an application’s error', new PaymentError(), 'PaymentError'],
    ['Error for an error without a code', new Error('x'), 'Error'],
    ['the code of an Error', Object.assign(new Error('x'), { code: 'EPIPE' }), 'EPIPE'],
    ['Error for a code that is no string', Object.assign(new Error('x'), { code: 3 }), 'Error'],
    ['the class before the code', Object.assign(new TypeError(), { code: 'E' }), 'TypeError'],
    ['the type of another value', 'x', 'string'],
    ['the type of undefined', undefined, 'undefined'],
    ['the type of null', null, 'object'],
    [
      'the name without a class',
      Object.assign(new Error('x'), { constructor: undefined, name: 'Own' }),
      'Own',
    ],
  ]
  for (const [title, error, expected] of rows) {
    it(`returns ${title}`, () => assert.equal(errorTypeOf(error), expected))
  }
})
