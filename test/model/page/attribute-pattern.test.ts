import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configLimits } from '../../../src/limits/config.ts'
import { expositionLimits } from '../../../src/limits/exposition.ts'
import { parseAttributePattern } from '../../../src/model/page/attribute-pattern.ts'

for (const text of [
  'service',
  '^service\\.(?:name|version)$',
  'telemetry_.+',
  '^k8s\\..*|^cloud\\..*',
  '[a-z]{2,5}',
]) {
  test(`${text} is a pattern of attribute names`, () => {
    assert.equal(parseAttributePattern(text)?.source, text)
  })
}

for (const [reason, text] of [
  ['is empty', ''],
  ['is not closed', '(service'],
  ['is too long', 'x'.repeat(configLimits.attributePatternChars + 1)],
  ['repeats a group', '(a+)+$'],
  ['repeats a group that has no number', '(?:a|aa){20}$'],
  ['has too many repetitions', 'a*a*a*a*$'],
  ['has too many optional characters', 'a?a?a?a?$'],
  ['looks ahead', 'service(?=\\.name)'],
  ['refers back', '(a+)b\\1'],
  ['refers back by name', '(?<x>a+)b\\k<x>'],
] as const) {
  test(`A pattern of attribute names that ${reason} is refused`, () => {
    assert.equal(parseAttributePattern(text), undefined)
  })
}

test('The slowest allowed pattern ends with the longest name', () => {
  const name = 'a'.repeat(expositionLimits.resourceNameChars)
  assert.equal(parseAttributePattern('a*a*a*$b')?.test(name), false)
})
