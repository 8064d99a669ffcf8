import { nameOf } from '../config/setting-names.ts'
import type { Settings } from '../config/settings.ts'
import { log } from '../log/log.ts'
import { LastReports } from '../relay/last-report/last-report.ts'
import { recordOwner } from '../relay/last-report/leftovers.ts'
import { messageOf } from '../support/error-message.ts'
import { ownProcessIdentity } from '../support/process-identity.ts'

/**
 * Creates the directory for last reports of workers, and removes the directory at the end.
 */
export function prepareLastReports(settings: Settings): void {
  const { multiprocDir, cleanupDbFiles } = settings
  if (multiprocDir === undefined) return
  const reports = new LastReports(multiprocDir, process.pid)
  try {
    reports.prepare()
    if (!cleanupDbFiles) return
    process.on('exit', () => clearQuietly(reports))
    recordOwner(multiprocDir, ownProcessIdentity())
  } catch (error) {
    log.warn(
      `a killed worker loses its last second, and a last report that is too large for the IPC ` +
        `channel is lost (${nameOf(settings, 'multiprocDir')}): ${messageOf(error)}`,
    )
  }
}

function clearQuietly(reports: LastReports): void {
  try {
    reports.clear()
  } catch {
    // The process ends. An empty directory stays.
  }
}
