import type { FuzzTarget } from './fuzz-target.ts'

/** Splits a number of cases over targets, in the proportion of their cases in `npm test`. */
export function casesOf(
  targets: readonly FuzzTarget[],
  total: number,
): ReadonlyMap<FuzzTarget, number> {
  const sum = targets.reduce((cases, { quickCases }) => cases + quickCases, 0)
  return new Map(
    targets.map((target) => [target, Math.ceil((total * target.quickCases) / sum)] as const),
  )
}
