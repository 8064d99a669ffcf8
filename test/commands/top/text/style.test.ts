import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  bar,
  columns,
  painted,
  plainText,
  span,
  spread,
} from '../../../../src/commands/top/text/style.ts'

const colours = { hasColour: true, hasUnicode: true }

describe('A painted line', () => {
  test('has the codes of its styles, and is cut at the width', () => {
    const line = [span('ab', 'bad'), span('cdef')]
    assert.equal(painted(line, 4, colours), '\u001b[1;31mab\u001b[0mcd')
    assert.equal(painted(line, 2, colours), '\u001b[1;31mab\u001b[0m')
    assert.equal(painted(line, 0, colours), '')
  })

  test('has no colour without colours, and keeps reverse video for what needs a person', () => {
    const ability = { hasColour: false, hasUnicode: true }
    assert.equal(painted([span('ok', 'good')], 9, ability), 'ok')
    assert.equal(painted([span('HANGING', 'bad')], 9, ability), '\u001b[1;7mHANGING\u001b[0m')
    assert.doesNotMatch(
      painted([span('a', 'warn'), span('b', 'selectedBad')], 9, ability),
      /3[0-7]m/,
    )
  })

  test('has ASCII only where the terminal has no UTF-8', () => {
    const ability = { hasColour: false, hasUnicode: false }
    assert.equal(painted([span('▁▄█…東–')], 20, ability), '_-#~??-')
    assert.equal(plainText([span('a▲ ')], ability), 'a^')
  })
})

test('A bar fills the width, and two parts of a line stand at both ends', () => {
  assert.deepEqual(bar([span('ab')], 4, 'head'), [{ text: 'ab  ', style: 'head' }])
  assert.equal(columns(spread([span('left')], [span('right')], 20)), 20)
  assert.equal(columns(spread([span('left')], [span('right')], 5)), 4)
})
