import { isDeepStrictEqual } from 'node:util'
import { type Problem, unusedSetting } from '../problem.ts'
import type { SettingName } from '../settings.ts'
import { settingOf } from '../table.ts'
import type { RuleContext } from './rule-context.ts'

/** The end of a sentence, with the names as the user wrote them. */
export type Reason = ((context: RuleContext) => string) | false

export function is(name: SettingName, state: 'off' | 'on' | 'given'): Exclude<Reason, false> {
  return (context) => `${context.named(name)} is ${state}`
}

/** A setting that has its default loses nothing. */
export function unused(
  context: RuleContext,
  names: readonly SettingName[],
  reason: Reason,
): readonly Problem[] {
  if (!reason) return []
  return names.flatMap((name) => {
    const isUsual = isDeepStrictEqual(context.settings[name], settingOf(name).fallback)
    if (isUsual || !context.isGiven(name)) return []
    const key = context.named(name)
    return unusedSetting(key, `${key} has no effect, because ${reason(context)}.`)
  })
}
