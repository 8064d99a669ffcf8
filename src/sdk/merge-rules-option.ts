import { configLimits } from '../limits/config.ts'
import { codedError } from '../model/errors/coded-error.ts'
import type { ChosenRule } from '../model/merging/merge-rule.ts'
import type { MergeSettings } from '../model/merging/merge-rules.ts'
import { allowedMergeRules, parseMergeRules } from '../model/merging/parse-merge-rules.ts'

/** Options for merging metrics of the application over workers. */
export interface MergeOptions {
  /**
   * Whether every metric of the application keeps the `worker_id` of its worker. Default: false.
   */
  readonly keepWorkerId?: boolean | undefined
  /**
   * Rules by pattern, such as `{ 'queue.*': 'max' }`. The first pattern that matches the name, or
   * `<scope>/<name>`, counts. `*` stands for any characters. Default: the rules for names of
   * OpenTelemetry that describe the host or a single process.
   */
  readonly mergeRules?: Readonly<Record<string, ChosenRule>> | undefined
}

/** @throws a RangeError for a rule or a pattern that is not allowed. */
export function mergeSettingsOf({
  keepWorkerId = false,
  mergeRules = {},
}: MergeOptions): MergeSettings {
  const rules = parseMergeRules(Object.entries(mergeRules))
  if (rules) return { keepWorkerId, mergeRules: rules }
  const given = JSON.stringify(mergeRules).slice(0, configLimits.shownKeyChars)
  const text = `mergeRules is ${given}: allowed is ${allowedMergeRules}`
  throw codedError('GPE_ARGUMENT', text, { kind: RangeError })
}
