import assert from 'node:assert/strict'
import { test } from 'node:test'
import { combinedFormat, parseFormat } from '../../../src/model/request/access-format.ts'

test('parseFormat reads atoms, headers, variables, texts and percent signs', () => {
  assert.deepEqual(parseFormat('%(h)s 100%% %({X-Id}i)s%({a.b}o)s%({HOME}e)s%(D)d'), [
    { kind: 'atom', atom: 'h' },
    { kind: 'text', text: ' 100' },
    { kind: 'text', text: '%' },
    { kind: 'text', text: ' ' },
    { kind: 'named', of: 'i', name: 'x-id' },
    { kind: 'named', of: 'o', name: 'a.b' },
    { kind: 'named', of: 'e', name: 'home' },
    { kind: 'atom', atom: 'D' },
  ])
})

test('parseFormat reads gunicorn’s default', () => {
  const parts = parseFormat(combinedFormat)
  assert.ok(!('wrong' in parts))
  assert.equal(parts.filter(({ kind }) => kind === 'atom').length, 9)
})

for (const [format, wrong] of [
  ['%(h)s %(z)s', '%(z)s'],
  ['%h and more', '%h and more'],
  ['100%', '%'],
  ['%({a b}i)s', '%({a b}i)s'],
  ['%({a}x)s', '%({a}x)s'],
] as const) {
  test(`parseFormat names the wrong part of ${format}`, () => {
    assert.deepEqual(parseFormat(format), { wrong })
  })
}
