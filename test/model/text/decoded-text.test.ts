import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodedText } from '../../../src/model/text/decoded-text.ts'

describe('A percent-encoded text', () => {
  const texts: Record<string, string | undefined> = {
    '': '',
    plain: 'plain',
    'a%2Cb%20c': 'a,b c',
    '50%': undefined,
  }
  for (const [text, expected] of Object.entries(texts)) {
    test(`"${text}" decodes to ${expected}`, () => assert.equal(decodedText(text), expected))
  }
})
