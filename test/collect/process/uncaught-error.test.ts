import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { describeError } from '../../../src/collect/process/uncaught-error.ts'
import { collectLimits } from '../../../src/limits/collect.ts'
import { withoutSecrets } from '../../../src/log/redact.ts'

const options = {
  showsMessage: true,
  withoutSecrets: (text: string) => withoutSecrets(text, ['s3cret']),
}
const { errorMessageChars, errorStackChars, errorNameChars } = collectLimits

const refuse = (): never => {
  throw new Error('from the trap')
}
const refusing = new Proxy({}, { get: refuse, has: refuse, getPrototypeOf: refuse })
const hostile = Object.defineProperties(new Error('x'), {
  message: { get: refuse },
  stack: { get: refuse },
  cause: { get: refuse },
  constructor: { get: refuse },
})

describe('The description of a thrown value', () => {
  type Row = readonly [title: string, value: unknown, name: string, message: string]
  const rows: readonly Row[] = [
    ['an error', new TypeError('no user'), 'TypeError', 'no user'],
    ['an error of Node', Object.assign(new Error('no'), { code: 'ENOENT' }), 'ENOENT', 'no'],
    ['an error of another realm', runInNewContext('new EvalError("far")'), 'EvalError', 'far'],
    ['null', null, 'null', 'null'],
    ['undefined', undefined, 'undefined', 'undefined'],
    ['a text', 'plain', 'string', 'plain'],
    ['a number', 7, 'number', '7'],
    ['a symbol', Symbol('s'), 'symbol', 'Symbol(s)'],
    ['an object with a message', { message: 'told' }, 'object', 'told'],
    ['an object with another message', { message: 7 }, 'object', ''],
    ['an object without a prototype', Object.create(null), 'object', ''],
    ['a Proxy that throws', refusing, 'object', ''],
    ['an error with getters that throw', hostile, 'object', ''],
    ['a function', () => 'never called', 'function', ''],
  ]
  for (const [title, value, name, message] of rows) {
    test(`has class and message of ${title}`, () => {
      const described = describeError(value, options)
      assert.deepEqual([described.name, described.message], [name, message])
    })
  }

  test('has the stack of the error, and none of another value', () => {
    const error = new TypeError('no user')
    assert.equal(describeError(error, options).stack, error.stack)
    assert.equal(describeError('plain', options).stack, '')
  })

  test('has the stacks of causes and of the errors of an AggregateError', () => {
    const several = new AggregateError([new RangeError('first'), new URIError('second')], 'both')
    const { stack } = describeError(new Error('outer', { cause: several }), {
      ...options,
      showsMessage: true,
    })
    const heads = stack.split('\n').filter((line) => !line.startsWith('    at '))
    assert.deepEqual(heads, [
      'Error: outer',
      'related error: AggregateError: both',
      'related error: RangeError: first',
      'related error: URIError: second',
    ])
  })

  test('ends for a cause that leads back to the error', () => {
    const error = new Error('round')
    error.cause = error
    assert.equal(describeError(error, options).stack, error.stack)
  })

  test('has a bounded part of 10 MB, and the calls after a long message', () => {
    const error = new Error('x'.repeat(10_000_000))
    const { message, stack } = describeError(error, options)
    assert.equal(message, 'x'.repeat(errorMessageChars))
    assert.ok(stack.length <= errorStackChars)
    assert.match(stack, /x…\n {4}at .*uncaught-error\.test\.ts/)
    const long = Object.assign(new Error('x'), { name: 'N', code: 'C'.repeat(1_000) })
    assert.equal(describeError(long, options).name.length, errorNameChars)
  })

  test('has no secret, whole or cut', () => {
    const text = 'cannot reach redis://user:pass-7@db/0 with s3cret'
    const { message, stack } = describeError(new Error(text), options)
    assert.equal(message, 'cannot reach redis://***@db/0 with ***')
    assert.doesNotMatch(stack, /s3cret|pass-7/)
    for (let shift = 0; shift < 10; shift += 1) {
      const before = 'x'.repeat(errorMessageChars - shift)
      const cut = describeError(new Error(`${before}s3cret${'y'.repeat(5_000)}`), options)
      assert.doesNotMatch(cut.message ?? '', /s3/)
      assert.doesNotMatch(cut.stack, /s3/)
    }
  })

  test('has whole characters at a cut', () => {
    const { message } = describeError(new Error(`x${'😀'.repeat(errorMessageChars)}`), options)
    assert.equal(message, Buffer.from(message ?? '').toString())
  })

  test('without messages has the class and the calls', () => {
    const error = new TypeError('user 7\n    at user (/home/user.js:7:7)')
    const quiet = describeError(new Error('outer', { cause: error }), {
      ...options,
      showsMessage: false,
    })
    assert.deepEqual([quiet.name, quiet.message], ['Error', null])
    assert.doesNotMatch(quiet.stack, /outer|user/)
    assert.match(quiet.stack, /^ {4}at .*uncaught-error\.test\.ts:\d+:\d+\)?$/m)
  })
})
