import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { failureText } from '../../../src/share/redis/failure-text.ts'
import { withoutCodes } from '../../../src/support/error-message.ts'

const plain = { label: 'redis:1', hasTls: false, hasReplied: false }
const secure = { label: 'redis:1', hasTls: true, hasReplied: false }
const mayNeed = '(TLS is off; the port may need TLS)'
const mayLack = '(TLS is on; the port may have no TLS)'
const mayAsk = '(the server may ask for a client certificate)'

describe('The text of a failure of Redis', () => {
  const rows = [
    [
      'names the server once',
      plain,
      'connect ECONNREFUSED redis:1',
      'connect ECONNREFUSED redis:1',
    ],
    ['names the server', plain, 'ERR wrong', 'redis:1: ERR wrong'],
    ['has a hint', plain, 'NOAUTH x', 'redis:1: NOAUTH x (no password is given)'],
    [
      'has a hint for a closed connection without TLS',
      plain,
      'read ECONNRESET',
      `redis:1: the server closed the connection ${mayNeed}`,
    ],
    [
      'has another hint for a closed connection with TLS',
      secure,
      'Connection is closed.',
      `redis:1: the server closed the connection ${mayAsk}`,
    ],
    [
      'has no hint for a connection that ends after replies',
      { ...plain, hasReplied: true },
      'Connection is closed.',
      'redis:1: the server closed the connection',
    ],
    [
      'has no hint for a connection with TLS that ends after replies',
      { ...secure, hasReplied: true },
      'read ECONNRESET',
      'redis:1: the server closed the connection',
    ],
    [
      'has a hint for a reply after other replies',
      { ...plain, hasReplied: true },
      'NOAUTH x',
      'redis:1: NOAUTH x (no password is given)',
    ],
    [
      'has no hint for a timeout without TLS',
      plain,
      'connect ETIMEDOUT',
      'redis:1: connect ETIMEDOUT',
    ],
    [
      'has a hint for a timeout with TLS',
      secure,
      'connect ETIMEDOUT',
      `redis:1: connect ETIMEDOUT ${mayLack}`,
    ],
    [
      'has no arguments of a command',
      plain,
      "ERR unknown command 'AUTH', with args beginning with: 'u' 's3cret'",
      "redis:1: ERR unknown command 'AUTH'",
    ],
    [
      'has no codes of OpenSSL',
      secure,
      'C0:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:../ssl/record.c:1605:',
      'redis:1: tlsv1 alert unknown ca (the server refuses the client certificate)',
    ],
  ] as const
  for (const [title, place, reason, text] of rows) {
    test(title, () => assert.equal(failureText(place, new Error(reason)), text))
  }

  test('has the last of several errors, if they have no text of their own', () => {
    const errors = ['first', 'second', 'third'].map((text) => new Error(text))
    assert.equal(failureText(plain, new AggregateError(errors)), 'redis:1: third')
    assert.equal(failureText(plain, new AggregateError(errors, 'all')), 'redis:1: all')
  })

  test('can be of an error without a message', () => {
    assert.match(failureText(plain, new Error('')), /^redis:1: /)
  })
})

test('A text without codes of OpenSSL stays', () => {
  assert.equal(withoutCodes('ENOENT: no such file'), 'ENOENT: no such file')
})
