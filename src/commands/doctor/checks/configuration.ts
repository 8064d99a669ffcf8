import type { Problem } from '../../../config/problem.ts'
import { resolvedOf } from '../../../config/resolve/resolve.ts'
import { nameOf } from '../../../config/setting-names.ts'
import { isOn } from '../../../config/settings.ts'
import { type Finding, type FindingId, finding, fine, unknown } from '../catalog/finding.ts'
import type { Target } from '../facts/target.ts'

/** Looks at the settings, as `check` does. */
export function configurationFindings(target: Target): Finding[] {
  const { resolution, settings, options, process } = target
  const { warnings } = resolvedOf(resolution)
  const lookedAt = settingsPlace(target)
  const told = (id: FindingId) => (problem: Problem) =>
    finding(id, { lookedAt, found: problem.message, words: { key: problem.key } })
  const faults = resolution.kind === 'faults' ? resolution.faults : []
  const findings = [
    ...faults.map(told('setting-wrong')),
    ...warnings.map(told('setting-doubtful')),
    ...(isOn(settings) ? [] : [switchedOff(target, lookedAt)]),
  ]
  const isForeign = options.pid !== undefined && process?.environment === undefined
  if (isForeign) findings.push(unreadable(options.pid, process !== undefined))
  if (findings.length > 0) return findings
  return [fine('configuration', lookedAt, 'All settings are right.')]
}

function settingsPlace({ options: { pid } }: Target): string {
  return pid === undefined ? 'settings of this environment' : `settings of the process ${pid}`
}

function switchedOff({ settings }: Target, lookedAt: string): Finding {
  const key = nameOf(settings, settings.sdkDisabled ? 'sdkDisabled' : 'metricsExporters')
  const found = `${key} switches the exporter off: there are no metrics and no page.`
  return finding('switched-off', { lookedAt, found, words: { key } })
}

function unreadable(pid: number | undefined, isThere: boolean): Finding {
  const found = isThere
    ? 'This user may not read the variables of the process. The checks use own variables.'
    : 'No process has this pid, or the system does not show the process.'
  const remedy = isThere
    ? 'Run doctor as the user of the process, or as root.'
    : 'Find the pid with `pgrep -af node`.'
  return unknown('configuration', `the process ${pid}`, { found, remedy })
}
