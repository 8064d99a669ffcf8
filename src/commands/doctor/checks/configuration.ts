import type { Problem } from '../../../config/problem.ts'
import { resolvedOf } from '../../../config/resolve/resolve.ts'
import { nameOf } from '../../../config/setting-names.ts'
import { isOn } from '../../../config/settings.ts'
import { type Finding, type FindingId, finding, fine, unknown } from '../catalog/finding.ts'
import type { Target } from '../facts/target.ts'

/** Looks at the settings, as `check` does. */
export function configurationFindings(target: Target): Finding[] {
  const { resolution, settings, options, process, refusal } = target
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
  if (options.pid !== undefined && (process === undefined || refusal !== undefined))
    findings.push(unreadable(options.pid, refusal))
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

function unreadable(pid: number, refusal: string | undefined): Finding {
  const lookedAt = `the process ${pid}`
  if (refusal === undefined) {
    const found = 'No process has this pid, or the system does not show the process.'
    return unknown('configuration', lookedAt, { found, remedy: 'Find it with `pgrep -af node`.' })
  }
  const found = `${refusal} The checks use the variables of this command.`
  const remedy = 'Run doctor as the user of the process, or as root.'
  return unknown('configuration', lookedAt, { found, remedy })
}
