import { type Problem, unknownName } from '../problem.ts'
import type { SettingName } from '../settings.ts'
import type { RuleContext } from './rule-context.ts'

/** Settings of the metrics by route alone. Other settings also shape `endpoint` or durations. */
const needMetricsByRoute: readonly SettingName[] = [
  'httpBodySizes',
  'httpStatusGroups',
  'httpExcludeMethods',
]

/** The given settings without an effect, because another setting is off. */
export function unusedSettings(context: RuleContext): Problem[] {
  if (!context.lacks('httpMetrics')) return []
  const reason = `because ${context.named('httpMetrics')} is off.`
  return needMetricsByRoute.flatMap((name) => {
    if (!context.has(name)) return []
    const key = context.named(name)
    return unknownName(key, `${key} has no effect, ${reason}`)
  })
}
