import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runInNewContext } from 'node:vm'
import { errorTypeAtEnd, errorTypeOf } from '../../../src/collect/http/error-type.ts'
import { collectLimits } from '../../../src/limits/collect.ts'

class PaymentError extends Error {}
const e = class extends TypeError {}
const x = class extends Error {}
Object.defineProperty(e, 'name', { value: 'e' })
Object.defineProperty(x, 'name', { value: 'x' })
const NodeError = class extends TypeError {}
Object.defineProperty(NodeError, 'name', { value: 'NodeError' })

const throwing = Object.defineProperty(new Error('x'), 'name', {
  get: () => assert.fail('a getter of the application'),
})

function named(error: Error, name: string): Error {
  return Object.defineProperty(error, 'name', { value: name })
}

function foreign(code: string): unknown {
  return runInNewContext(`Object.assign(new Error(), { code: '${code}' })`)
}

/** As `@hapi/boom` makes errors. */
function boom(error: Error, payload: object): Error {
  return Object.assign(error, { isBoom: true, output: { payload } })
}

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
    ['the own name before the class', named(new TypeError(), 'Timeout'), 'Timeout'],
    ['the class for an own name Error', named(new PaymentError(), 'Error'), 'PaymentError'],
    ['the inherited name of a minified class', new e(), 'TypeError'],
    ['the code of a minified class', Object.assign(new x(), { code: 'E_PAID' }), 'E_PAID'],
    ['Error for a minified class without another name', new x(), 'Error'],
    ['the inherited name of an error of Node', new NodeError(), 'TypeError'],
    ['the name of an aborted operation', AbortSignal.abort().reason, 'AbortError'],
    ['the class of an error of another realm', runInNewContext('new RangeError()'), 'RangeError'],
    ['the code of an error of another realm', foreign('E_FAR'), 'E_FAR'],
    ['the type of an object that throws', throwing, 'object'],
    [
      'the text of the status of an error of Hapi',
      boom(new Error('taken'), { statusCode: 409, error: 'Conflict' }),
      'Conflict',
    ],
    [
      'Error for an unexpected error in Hapi',
      boom(new Error('boom'), { statusCode: 500, error: 'Internal Server Error' }),
      'Error',
    ],
    [
      'the class before the text of the status',
      boom(new PaymentError('declined'), { statusCode: 402, error: 'Payment Required' }),
      'PaymentError',
    ],
    [
      'the start of a long name',
      named(new Error(), 'N'.repeat(1_000)),
      'N'.repeat(collectLimits.errorTypeChars),
    ],
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

describe('errorTypeAtEnd', () => {
  const reset = Object.assign(new Error('read'), { code: 'ECONNRESET' })
  const throwing = Object.defineProperty(new TypeError(), 'code', {
    get: () => assert.fail('a getter of the application'),
  })
  const rows: [
    title: string,
    ...Parameters<typeof errorTypeAtEnd>,
    expected: string | undefined,
  ][] = [
    ['nothing without an error', undefined, 'aborted', undefined],
    ['the class of an error', new TypeError(), undefined, 'TypeError'],
    [
      'the class of an error before the client disconnects',
      new TypeError(),
      'aborted',
      'TypeError',
    ],
    ['nothing for a disconnect of the client', reset, 'aborted', undefined],
    ['the code of a disconnect of another server', reset, undefined, 'ECONNRESET'],
    ['the type of an error whose code throws', throwing, 'aborted', 'object'],
  ]
  for (const [title, error, abort, expected] of rows) {
    it(`returns ${title}`, () => assert.equal(errorTypeAtEnd(error, abort), expected))
  }
})
