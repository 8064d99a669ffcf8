import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeHang, hangVersion, parseHang } from '../../src/hang-stacks/hang-message.ts'
import { hangStackLimits } from '../../src/limits/hang-stacks.ts'

const message = {
  pid: 4_711,
  stall: 2,
  seconds: 5.25,
  heldBy: 'work (/app/server.js:12:3)',
  stack: 'at work (/app/server.js:12:3)\nat handle (/app/server.js:20:3)',
}

describe('The message with a stack', () => {
  test('is read as it was written', () => {
    assert.deepEqual(parseHang(encodeHang(message)), { version: hangVersion, ...message })
  })

  const { fileBytes, frameChars } = hangStackLimits
  const wrong: readonly (readonly [name: string, fields: Record<string, unknown>])[] = [
    ['of another version', { version: 2 }],
    ['with a pid that is no number', { pid: '4711' }],
    ['with a negative pid', { pid: -1 }],
    ['with a stall that is no number', { stall: null }],
    ['with negative seconds', { seconds: -1 }],
    ['with seconds that are no number', { seconds: '5' }],
    ['with a holder that is no text', { heldBy: 5 }],
    ['with a line break in the holder', { heldBy: 'work\n[CRITICAL] forged' }],
    ['with a holder over hangStackLimits.frameChars', { heldBy: 'w'.repeat(frameChars + 1) }],
    ['with a stack that is no text', { stack: [] }],
    ['over hangStackLimits.fileBytes', { stack: 's'.repeat(fileBytes) }],
  ]
  for (const [name, fields] of wrong) {
    test(`is refused ${name}`, () => {
      const text = JSON.stringify({ version: hangVersion, ...message, ...fields })
      assert.equal(parseHang(text), undefined)
    })
  }

  test('is refused where the text is no JSON object', () => {
    for (const text of ['', '{', '[]', 'null', '5', 5, undefined, {}]) {
      assert.equal(parseHang(text), undefined)
    }
  })

  test('has infinite seconds refused', () => {
    assert.equal(
      parseHang(encodeHang({ ...message, seconds: Number.POSITIVE_INFINITY })),
      undefined,
    )
  })
})
