import type { Problem } from '../../../config/problem.ts'
import { resolvedOf } from '../../../config/resolve/resolve.ts'
import { nameOf } from '../../../config/setting-names.ts'
import { isOn } from '../../../config/settings.ts'
import { isOfPackage } from '../../../model/errors/api-errors.ts'
import { errorCodeOf } from '../../../support/error-code.ts'
import { type Finding, type FindingId, finding, fine, unknown } from '../catalog/finding.ts'
import type { Refusal } from '../facts/take-over.ts'
import type { Target } from '../facts/target.ts'

/** Looks at the settings, as `check` does. */
export function configurationFindings(target: Target): Finding[] {
  const { resolution, settings, options, refusal } = target
  if (options.pid !== undefined && refusal) return [unreadable(options.pid, refusal)]
  const { warnings } = resolvedOf(resolution)
  const lookedAt = settingsPlace(target)
  const told = (id: FindingId) => (problem: Problem) =>
    finding(id, { lookedAt, found: problem.message, words: { key: problem.key } })
  const faults = resolution.kind === 'faults' ? resolution.faults : []
  const findings = [
    ...faults.map((fault) => told(faultId(fault))(fault)),
    ...warnings.map(told('setting-doubtful')),
    ...(isOn(settings) ? [] : [switchedOff(target, lookedAt)]),
  ]
  if (options.pid !== undefined && !target.process) findings.push(unseen(options.pid))
  if (findings.length > 0) return findings
  return [fine('configuration', lookedAt, 'All settings are right.')]
}

/** The configuration file may need a package. */
function faultId({ code }: Problem): FindingId {
  return isOfPackage(code) ? 'setting-package' : 'setting-wrong'
}

function settingsPlace({ options: { pid } }: Target): string {
  return pid === undefined ? 'settings of this environment' : `settings of the process ${pid}`
}

function switchedOff({ settings }: Target, lookedAt: string): Finding {
  const key = nameOf(settings, settings.sdkDisabled ? 'sdkDisabled' : 'metricsExporters')
  const found = `${key} switches the exporter off: there are no metrics and no page.`
  return finding('switched-off', { lookedAt, found, words: { key } })
}

function unseen(pid: number): Finding {
  const lookedAt = `the process ${pid}`
  if (!isThere(pid)) {
    return finding('process-missing', { lookedAt, found: 'No process has this pid.' })
  }
  return unknown('configuration', lookedAt, { found: 'The system does not show the process.' })
}

/** The process of another user refuses the signal, and is there. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCodeOf(error) !== 'ESRCH'
  }
}

function unreadable(pid: number, { found, remedy }: Refusal): Finding {
  return unknown('configuration', `the process ${pid}`, { found, remedy })
}
