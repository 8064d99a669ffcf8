import { type Problem, wrongValue } from '../problem.ts'
import { usualName } from '../setting-names.ts'
import { table } from '../table.ts'
import type { RuleContext } from './rule-context.ts'

/**
 * The warning about a variable that switches everything off, if another SDK in the process reads
 * the variable too: the operator may mean the other SDK alone.
 */
export function sharedSwitchWarnings({ settings, origins }: RuleContext): Problem[] {
  const { kind, name: key } = origins.metricsExporters
  const isShared = kind === 'environment' && table.metricsExporters.sharedEnv?.includes(key)
  if (!(isShared && settings.metricsExporters.includes('none')) || settings.sdkDisabled) return []
  const own = usualName('metricsExporters')
  const message =
    `${key} is none, so this package collects no metrics and opens no endpoint. ` +
    `If the variable is for another SDK, set ${own}=prometheus. Otherwise, set ${own}=none.`
  return [{ ...wrongValue(key, '"none"', `none in ${own}`), code: 'GPE_SHARED_SWITCH', message }]
}
