import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { codedError, codeOf } from '../../../src/model/errors/coded-error.ts'
import { coded, codeIn, firstCode, isCodedText } from '../../../src/model/errors/coded-text.ts'

describe('The code of a text', () => {
  const nested = coded('GPE_SETTING_VALUE', '--workers is "0"')
  const rows: readonly (readonly [name: string, text: string, code: string | undefined])[] = [
    ['without a code', 'a text', undefined],
    ['with a word in parentheses', 'a text (ENOENT)', undefined],
    ['with a code', nested, 'GPE_SETTING_VALUE'],
    ['with the code of a quoted text', coded('GPE_HOOKS', `Cannot: ${nested}`), 'GPE_HOOKS'],
    ['with a quoted stack', coded('GPE_HOOKS', `Cannot: a\n at ${nested}`), 'GPE_HOOKS'],
    ['with a hint', `${coded('GPE_HOOKS', nested)} Run doctor.`, 'GPE_HOOKS'],
    ['with a code in a later line only', `a text\n${nested}`, undefined],
  ]
  for (const [name, text, code] of rows) {
    test(`${name} is ${code}`, () => {
      assert.equal(codeIn(text), code)
      assert.equal(isCodedText(text), code !== undefined)
    })
  }

  test('of a list is the code of its first text', () => {
    assert.equal(firstCode([coded('GPE_HOOKS', nested), nested]), 'GPE_HOOKS')
    assert.equal(firstCode([]), undefined)
  })
})

test('An error with a code has the code as a property, and not in its message', () => {
  const error = codedError('GPE_HOOKS', 'a text')
  assert.deepEqual([error.message, codeOf(error)], ['a text', 'GPE_HOOKS'])
  assert.equal(codeOf(Object.assign(new Error(), { code: 'ENOENT' })), undefined)
})

test('A thrown value of any kind has no code', () => {
  const hostile = {
    get code(): never {
      throw new Error('hostile')
    },
  }
  for (const value of [undefined, null, 'GPE_HOOKS', hostile])
    assert.equal(codeOf(value), undefined)
})
