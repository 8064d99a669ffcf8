import { configLimits } from '../../limits/config.ts'
import { type ChosenRule, chosenRules, type MergePattern } from './merge-rule.ts'

/** The rest of the sentence after "allowed is". */
export const allowedMergeRules: string =
  `up to ${configLimits.mergeRules} of pattern=rule, each pattern once and with at most ` +
  `${configLimits.mergePatternChars} characters; a rule is ${chosenRules.join(', ')}`

/** @param pairs of patterns and rules, from any source. @returns undefined for a wrong pair. */
export function parseMergeRules(
  pairs: Iterable<readonly [pattern: unknown, rule: unknown]>,
): readonly MergePattern[] | undefined {
  const rules = new Map<string, MergePattern>()
  for (const [pattern, text] of pairs) {
    const rule = typeof text === 'string' ? ruleOf(text.trim()) : undefined
    const name = typeof pattern === 'string' ? pattern.trim() : ''
    const isGood = rule !== undefined && isPattern(name) && !rules.has(name)
    if (!isGood || rules.size >= configLimits.mergeRules) return undefined
    rules.set(name, { pattern: name, rule })
  }
  return [...rules.values()]
}

function ruleOf(text: string): ChosenRule | undefined {
  return chosenRules.find((rule) => rule === text.toLowerCase())
}

/** The name of a scope can have any characters, but no sensible name has control characters. */
function isPattern(text: string): boolean {
  return text !== '' && text.length <= configLimits.mergePatternChars && !/\p{Cc}/u.test(text)
}
