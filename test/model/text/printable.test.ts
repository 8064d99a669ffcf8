import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  printable,
  printableEntry,
  printableJson,
  printableLine,
} from '../../../src/model/text/printable.ts'

const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u
const everything = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code)).join(
  '',
)

const rows: Readonly<Record<string, readonly [text: string, line: string]>> = {
  'a color': ['\u001b[31mred', '\\u{1b}[31mred'],
  'a title by OSC, with BEL': ['\u001b]0;x\u0007', '\\u{1b}]0;x\\u{7}'],
  'CSI and DCS in one character': ['\u009b2J\u0090q\u009c', '\\u{9b}2J\\u{90}q\\u{9c}'],
  'backspaces and returns': ['a\b\b\rb', 'a\\u{8}\\u{8}\\u{d}b'],
  'marks of the writing direction': ['\u202e\u2066\u061c', '\\u{202e}\\u{2066}\\u{61c}'],
  'characters without a width': ['\u200b\u2060\ufeff\u034f', '\\u{200b}\\u{2060}\\u{feff}\\u{34f}'],
  'tags beyond the basic plane': ['\u{e0041}', '\\u{e0041}'],
  'half a character': ['\ud83d', '\\u{d83d}'],
  'separators of lines and paragraphs': ['\u2028\u2029', '\\u{2028}\\u{2029}'],
}

describe('printableLine', () => {
  for (const [title, [text, line]] of Object.entries(rows)) {
    it(`escapes ${title}`, () => assert.equal(printableLine(text), line))
  }

  it('escapes line breaks and tabs', () => {
    assert.equal(printableLine('a\n\tb'), 'a\\n\\u{9}b')
  })

  it('keeps letters of every script, and whole emojis', () => {
    const text = 'größe 数 שלום سلام 😀 – „x“ \\u{1b}'
    assert.equal(printableLine(text), text)
  })

  it('leaves no such character of Unicode', () => {
    assert.doesNotMatch(printableLine(everything), unprintable)
  })
})

describe('printable', () => {
  it('keeps the lines of a stack', () => {
    const stack = 'Error: \u001b[31mx\n    at a (b.js:1:1)\n\tat c'
    assert.equal(printable(stack), 'Error: \\u{1b}[31mx\n    at a (b.js:1:1)\n\tat c')
  })
})

describe('printableEntry', () => {
  it('indents further lines, so that no text can add a line to the log', () => {
    const text = 'a\n[2026-11-21 10:00:00 +0000] [1] [INFO] forged\r\nb'
    const [first, ...further] = printableEntry(text).split('\n')
    assert.equal(first, 'a')
    assert.deepEqual(further, ['  [2026-11-21 10:00:00 +0000] [1] [INFO] forged\\u{d}', '  b'])
  })
})

describe('printableJson', () => {
  it('keeps the value of every text', () => {
    const document = JSON.stringify({ everything }, undefined, 2)
    assert.deepEqual(JSON.parse(printableJson(document)), { everything })
  })

  it('leaves no such character of Unicode but the line breaks of the document', () => {
    const shown = printableJson(JSON.stringify({ [everything]: everything }, undefined, 2))
    assert.doesNotMatch(shown.replaceAll('\n', ''), unprintable)
  })
})
