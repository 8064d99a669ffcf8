import { nameOf } from '../config/setting-names.ts'
import type { Settings } from '../config/settings.ts'
import { afterWhile } from '../crash-file/after-turn.ts'
import { workersDirectory } from '../files/workers-directory.ts'
import { crashFileLimits } from '../limits/crash-file.ts'
import { log } from '../log/log.ts'
import { LastReports } from '../relay/last-report/last-report.ts'
import { recordOwner } from '../relay/last-report/leftovers.ts'
import { messageOf } from '../support/error-message.ts'
import { failureChanges } from '../support/failure-changes.ts'
import { keepListener } from '../support/listeners/kept-listener.ts'
import { ownProcessIdentity } from '../support/process/process-identity.ts'

/**
 * Creates the directory for last reports and crash files of workers, and removes the directory at
 * the end. After an error, tries again at intervals. Workers look for the directory while they
 * count.
 */
export function prepareLastReports(settings: Settings, onFault: (component: string) => void): void {
  const { cleanupDbFiles } = settings
  const parent = workersDirectory(settings.multiprocDir)
  if (parent === undefined) return
  const reports = new LastReports(parent, process.pid)
  const hasStacks = settings.hangStackSeconds > 0
  const components = hasStacks ? ['crash_file', 'hang_stacks'] : ['crash_file']
  const countFaults = (): void => {
    for (const component of components) onFault(component)
  }
  const note = changesOf(nameOf(settings, 'multiprocDir'), hasStacks)
  // A second `prepare` would remove the files of workers.
  let isPrepared = false
  const attempt = (): void => {
    try {
      if (!isPrepared) reports.prepare()
      if (!isPrepared && cleanupDbFiles) keepListener(process, 'exit', () => clearQuietly(reports))
      isPrepared = true
      if (cleanupDbFiles) recordOwner(parent, ownProcessIdentity())
      note(undefined)
    } catch (error) {
      countFaults()
      note(messageOf(error))
      afterWhile(attempt, crashFileLimits.crashFileRetryMs)
    }
  }
  attempt()
}

/** Logs when errors begin and when they end. */
function changesOf(setting: string, hasStacks: boolean): (error: string | undefined) => void {
  const stacks = hasStacks ? ', and a worker that hangs shows no stack' : ''
  return failureChanges({
    onFailing: (error) =>
      log.warn(
        'the directory for crash files cannot be made, trying again; a killed worker loses its ' +
          'last second, and a last report that is too large for the IPC channel is lost' +
          `${stacks}: ${error} (see ${setting})`,
      ),
    onRecovered: () => log.warn(`the directory for crash files is ready (see ${setting})`),
  })
}

function clearQuietly(reports: LastReports): void {
  try {
    reports.clear()
  } catch {
    // The process ends. An empty directory stays.
  }
}
