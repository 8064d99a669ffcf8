import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isEnvelope } from '../../src/support/envelope.ts'

describe('isEnvelope()', () => {
  const rows: readonly [title: string, message: unknown, expected: boolean][] = [
    ['the command', { cmd: 'NODE_X' }, true],
    ['the command with other fields', { cmd: 'NODE_X', text: '' }, true],
    ['another command', { cmd: 'NODE_Y' }, false],
    ['no command', {}, false],
    ['null', null, false],
    ['undefined', undefined, false],
    ['a text', 'NODE_X', false],
    ['a list', ['NODE_X'], false],
  ]
  for (const [title, message, expected] of rows) {
    test(`returns ${expected} for ${title}`, () => {
      assert.equal(isEnvelope(message, 'NODE_X'), expected)
    })
  }
})
