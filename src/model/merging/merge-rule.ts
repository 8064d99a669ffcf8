/** How the series of several workers become series of the cluster. */
export type MergeRule = 'sum' | 'max' | 'first' | 'per_worker' | 'omit'

/** The rule of a pattern. `default`: the rule of the kind of the instrument. */
export type ChosenRule = MergeRule | 'default'

/** In the order of messages and documents. */
export const chosenRules: readonly ChosenRule[] = [
  'sum',
  'max',
  'first',
  'per_worker',
  'omit',
  'default',
]

/** A rule for all metrics whose name, or scope and name, the pattern matches. */
export interface MergePattern {
  /** A metric's name, or `<scope>/<name>`. `*` stands for any characters. */
  readonly pattern: string
  readonly rule: ChosenRule
}
