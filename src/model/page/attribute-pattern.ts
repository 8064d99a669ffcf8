import { configLimits } from '../../limits/config.ts'

/** The rest of the sentence after "allowed is". */
export const allowedAttributePattern: string =
  `a regular expression of at most ${configLimits.attributePatternChars} characters with at most ` +
  `${configLimits.attributePatternRepeats} of *, +, ? and {, without repeated groups, ` +
  'look-around and back-references'

/**
 * A regular expression for names of attributes. Other processes choose names, too, and a match must
 * not take long: the time grows with the number of repetitions in the exponent.
 * @returns undefined for a text that is not allowed.
 */
export function parseAttributePattern(text: string): RegExp | undefined {
  if (text === '' || text.length > configLimits.attributePatternChars) return undefined
  const source = text.replaceAll('(?:', '(')
  if (/\(\?|\)[*+?{]|\\[1-9k]/.test(source)) return undefined
  const repeats = source.match(/[*+?{]/g)?.length ?? 0
  if (repeats > configLimits.attributePatternRepeats) return undefined
  try {
    return new RegExp(text)
  } catch {
    return undefined
  }
}
