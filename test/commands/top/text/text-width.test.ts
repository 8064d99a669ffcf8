import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cut, padded, shown, widthOf } from '../../../../src/commands/top/text/text-width.ts'

describe('The width of a text', () => {
  const widths: Readonly<Record<string, number>> = {
    '': 0,
    '/users/:id': 10,
    Zürich: 6,
    'Zu\u0308rich': 6,
    東京: 4,
    한국어: 6,
    '\u{1f600}': 2,
    '▁▂█': 3,
  }
  for (const [text, width] of Object.entries(widths)) {
    test(`of ${JSON.stringify(text)} is ${width}`, () => assert.equal(widthOf(text), width))
  }
})

test('A shown text has no control character, and few marks on a character', () => {
  assert.equal(shown('a\u001b[2Jb\nc\u202e'), 'a\\u{1b}[2Jb\\nc\\u{202e}')
  assert.equal(shown(`e${'\u0301'.repeat(50)}x`), 'e\u0301\u0301x')
  assert.equal(shown(shown('\u0007')), '\\u{7}')
})

test('A cut text has its ellipsis, and is never wider', () => {
  assert.equal(cut('/users', 6, '…'), '/users')
  assert.equal(cut('/users', 5, '…'), '/use…')
  // A character of two columns does not stand on half of them.
  assert.equal(cut('東京都', 4, '…'), '東…')
  assert.equal(cut('東京', 1, '…'), '…')
  assert.equal(cut('東京', 0, '…'), '')
})

test('A padded text stands at its side', () => {
  assert.equal(padded('東', 4, 'left'), '東  ')
  assert.equal(padded('7', 3, 'right'), '  7')
  assert.equal(padded('1234', 3, 'right'), '1234')
})
