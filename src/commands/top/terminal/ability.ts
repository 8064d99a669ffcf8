import type { Environment } from '../../../config/resolve/resolved.ts'
import { topLimits } from '../../../limits/tools/top.ts'
import type { Ability } from '../text/style.ts'

/** What the terminal can show, by the usual variables. */
export function abilityOf(variables: Environment): Ability {
  const { NO_COLOR: noColour = '', TERM: term = '' } = variables
  const isDumb = term === 'dumb'
  return { hasColour: noColour === '' && !isDumb, hasUnicode: !isDumb && isUtf8(variables) }
}

/** The first of these variables that is set counts, as in the C library. */
function isUtf8({ LC_ALL: all, LC_CTYPE: characters, LANG: language }: Environment): boolean {
  return /utf-?8/i.test(all || characters || language || '')
}

/** Columns of text without a screen. A pipe has no width: everything is worth printing. */
export function plainWidth(columns: number | undefined, { COLUMNS: given }: Environment): number {
  const width = columns ?? Number(given || topLimits.pipeColumns)
  return Number.isInteger(width) && width > 0 && width <= topLimits.columns
    ? width
    : topLimits.pipeColumns
}
