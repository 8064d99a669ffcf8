import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { messageOf } from '../../src/support/error-message.ts'

describe('messageOf()', () => {
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error('hostile')
      },
    },
  )
  const cases: Record<string, readonly [value: unknown, message: string]> = {
    'an error': [new Error('no room'), 'no room'],
    'an object with a message': [{ message: 'no room' }, 'no room'],
    'an object without a message': [{ a: 1 }, '{"a":1}'],
    'an object that contains itself': [circular, 'an object'],
    'a Proxy that throws': [hostile, 'an object'],
    'a missing permission': [
      Object.assign(new Error('Access to this API has been restricted'), {
        ...{ code: 'ERR_ACCESS_DENIED', permission: 'FileSystemWrite', resource: '/run/app' },
      }),
      'Node.js runs without --allow-fs-write for /run/app',
    ],
    'a text': ['plain', 'plain'],
    null: [null, 'null'],
  }
  for (const [title, [value, message]] of Object.entries(cases)) {
    test(`describes ${title}`, () => {
      assert.equal(messageOf(value), message)
    })
  }
})
