import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { mutantsOf } from '../../../scripts/mutants/mutant.ts'

describe('The mutants of', () => {
  const cases: [code: string, ...changes: string[]][] = [
    ['if (a) b()', 'a → true', 'a → false'],
    ['if (a < b) c()', 'a < b → true', 'a < b → false', 'a < b → a <= b'],
    ['const c = a < b', 'a < b → a <= b', 'a < b → a >= b'],
    ['const c = a === b', 'a === b → a !== b'],
    ['const c = (a + b) * d', '(a + b) * d → (a + b) / d', 'a + b → a - b'],
    ["const c = 'a' + b"],
    ['const c = a && b', 'a && b → a', 'a && b → b'],
    ['const c = a ?? b', 'a ?? b → a', 'a ?? b → b'],
    ['const c = !a', '!a → a'],
    ['const c = [true, 0, 2, 3n]', 'true → false', '0 → 1', '2 → 3', '2 → 1', '3n → 4n'],
    ["const c = { 1: 'a' }"],
    ['const c: 1 | -1 = a'],
    ['a.b(c)', 'a.b(c) → ;'],
    ['for (;;) {\n  a()\n  break\n}', 'a() → ;', 'break → ;'],
    ['function a() { return b }', 'b → undefined'],
    ['const a = () => b', 'b → undefined'],
    ['const c = timer().unref()', 'timer().unref() → timer()'],
    ['const c = Math.min(a, b)', 'min → max'],
    ['const c = a.toString()'],
    ['const c = [a?.b, a?.(), a?.[b]]', '?. → .', '?. → (nothing)', '?. → (nothing)'],
    ['class A extends B { constructor() { super() } }'],
    ['type A = 1; interface B { c: 2 }'],
  ]
  for (const [code, ...changes] of cases) {
    test(`"${code}" are ${changes.length}`, () => {
      const mutants = mutantsOf('a.ts', code)
      assert.deepEqual(mutants.map(({ change }) => change).sort(), [...changes].sort())
    })
  }
})

test('A mutant names its line and the method around it', () => {
  const code = 'class A {\n  // ö\n  #b(): void {\n    c(1)\n  }\n}\n'
  const [removed] = mutantsOf('src/a.ts', code)
  assert.deepEqual(removed, {
    file: 'src/a.ts',
    lineNumber: 4,
    in: '#b',
    line: 'c(1)',
    change: 'c(1) → ;',
    text: code.replace('c(1)', ';'),
  })
})

test('A file that does not parse has no mutants, but an error', () => {
  assert.throws(() => mutantsOf('a.ts', 'const ='), /^Error: a.ts does not parse: /)
})
