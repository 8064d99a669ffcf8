import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Screen } from '../../../../src/commands/top/terminal/screen.ts'

const begin = '\u001b[?2026h'
const end = '\u001b[?2026l'

test('Screen draws everything once, and then what changed', () => {
  const screen = new Screen()
  const all = '\u001b[2J\u001b[1;1H\u001b[2Ka\u001b[2;1H\u001b[2Kb'
  assert.equal(screen.draw(['a', 'b']), `${begin}${all}${end}`)
  assert.equal(screen.draw(['a', 'b']), '')
  assert.equal(screen.draw(['a', 'c']), `${begin}\u001b[2;1H\u001b[2Kc${end}`)
})

test('Screen draws everything after another size, and after forget()', () => {
  const screen = new Screen()
  screen.draw(['a', 'b'])
  assert.match(screen.draw(['a', 'b', 'c']), /2J.*a.*b.*c/)
  screen.forget()
  assert.match(screen.draw(['a', 'b', 'c']), /2J.*a.*b.*c/)
})
