import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { configLimits } from '../../../src/limits/config.ts'
import { parseMergeRules } from '../../../src/model/merging/parse-merge-rules.ts'

describe('Rules for merging', () => {
  test('keep their order, and are read without spaces and in any case', () => {
    assert.deepEqual(
      parseMergeRules([
        [' b.* ', ' MAX '],
        ['a', 'per_worker'],
      ]),
      [
        { pattern: 'b.*', rule: 'max' },
        { pattern: 'a', rule: 'per_worker' },
      ],
    )
  })

  const { mergeRules, mergePatternChars } = configLimits
  const refused: Record<string, readonly (readonly [unknown, unknown])[]> = {
    'an unknown rule': [['a', 'min']],
    'an empty rule': [['a', '']],
    'a rule that is no text': [['a', 1]],
    'an empty pattern': [[' ', 'max']],
    'a pattern of two lines': [['a\nb', 'max']],
    'a pattern that is no text': [[1, 'max']],
    'a pattern twice': [
      ['a', 'max'],
      ['a', 'sum'],
    ],
    'a pattern above the limit': [['a'.repeat(mergePatternChars + 1), 'max']],
    'more rules than the limit': Array.from({ length: mergeRules + 1 }, (_, index) => {
      return [`a${index}`, 'max'] as const
    }),
  }
  for (const [title, pairs] of Object.entries(refused)) {
    test(`with ${title} are refused`, () => assert.equal(parseMergeRules(pairs), undefined))
  }

  test('at their limits are accepted', () => {
    const pairs = Array.from({ length: mergeRules }, (_, index) => {
      return [String(index).padStart(mergePatternChars, 'a'), 'max'] as const
    })
    assert.equal(parseMergeRules(pairs)?.length, mergeRules)
  })
})
