import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requestLimits } from '../../../src/limits/tools/requests.ts'
import { escaped } from '../../../src/master/requests/escaped.ts'

for (const [text, expected] of [
  ['plain /a?b=c~', 'plain /a?b=c~'],
  ['a" 200 0 "', 'a\\" 200 0 \\"'],
  ['a\\"', 'a\\\\\\"'],
  ['a\nb\r\u001b[2J', 'a\\x0Ab\\x0D\\x1B[2J'],
  ['\u00e9\u007f', '\\xE9\\x7F'],
  ['\u2028', '\\u2028'],
] as const) {
  test(`escaped keeps ${JSON.stringify(text)} in a field of a line`, () => {
    assert.equal(escaped(text), expected)
  })
}

test('escaped cuts a long text', () => {
  assert.equal(escaped('a'.repeat(1e5)).length, requestLimits.valueChars)
})
