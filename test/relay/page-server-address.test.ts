import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parsePageServerAddress } from '../../src/relay/page-server-address.ts'

const token = 'a'.repeat(64)

describe('parsePageServerAddress()', () => {
  test('returns the port and the token alone', () => {
    assert.deepEqual(parsePageServerAddress({ port: 1, token, more: true }), { port: 1, token })
    assert.deepEqual(parsePageServerAddress({ port: 65_535, token }), { port: 65_535, token })
  })

  for (const port of [undefined, 0, 65_536, -1, 1.5, '80', null]) {
    test(`refuses the port ${JSON.stringify(port)}`, () => {
      assert.equal(parsePageServerAddress({ port, token }), undefined)
    })
  }

  const tokens: readonly (readonly [title: string, token: unknown])[] = [
    ['a missing token', undefined],
    ['an empty token', ''],
    ['a token of 63 digits', 'a'.repeat(63)],
    ['a token of 65 digits', 'a'.repeat(65)],
    ['a token with upper-case digits', 'A'.repeat(64)],
    ['a token that is a number', 1],
    ['a token that is null', null],
    ['a token that is a list', [token]],
    ['a token with a line break', `${token}\n`],
  ]
  for (const [title, value] of tokens) {
    test(`refuses ${title}`, () => {
      assert.equal(parsePageServerAddress({ port: 1, token: value }), undefined)
    })
  }

  test('refuses a value that is not an object', () => {
    for (const value of [undefined, null, 1, 'text', []]) {
      assert.equal(parsePageServerAddress(value), undefined)
    }
  })
})
