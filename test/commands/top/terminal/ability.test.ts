import assert from 'node:assert/strict'
import { test } from 'node:test'
import { abilityOf, plainWidth } from '../../../../src/commands/top/terminal/ability.ts'

test('The ability of a terminal comes from its variables', () => {
  const utf8 = { LANG: 'de_DE.UTF-8', TERM: 'xterm' }
  assert.deepEqual(abilityOf(utf8), { hasColour: true, hasUnicode: true })
  assert.deepEqual(abilityOf({ ...utf8, NO_COLOR: '1' }), { hasColour: false, hasUnicode: true })
  assert.deepEqual(abilityOf({ ...utf8, LC_ALL: 'C' }), { hasColour: true, hasUnicode: false })
  assert.deepEqual(abilityOf({ ...utf8, TERM: 'dumb' }), { hasColour: false, hasUnicode: false })
  assert.deepEqual(abilityOf({}), { hasColour: true, hasUnicode: false })
})

test('The width of text is the width of the terminal, or COLUMNS, or wide', () => {
  assert.equal(plainWidth(80, {}), 80)
  assert.equal(plainWidth(undefined, { COLUMNS: '100' }), 100)
  for (const wrong of ['', '0', 'x', '-5', '1e9']) {
    assert.equal(plainWidth(undefined, { COLUMNS: wrong }), 160, wrong)
  }
})
