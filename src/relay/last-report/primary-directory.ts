import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { PrivateDirectory } from '../../files/private-directory.ts'
import type { ReportStream } from '../../model/report-stream.ts'
import { ownPidNamespace, type ProcessIdentity } from '../../support/process-identity.ts'

/** The directory of a primary, as it and its workers find it. */
export function primaryDirectory(
  parent: string,
  primaryPid: number,
  line?: ReportStream,
): PrivateDirectory {
  const primary = { pid: primaryPid, pidNamespace: ownPidNamespace() }
  return new PrivateDirectory(parent, primaryName(primary, line))
}

/**
 * What it is called. The primaries of two containers that share a volume may both have pid 1: so in the name is also who
 * sees the same pids.
 */
export function primaryName(
  { pid, pidNamespace: where }: Pick<ProcessIdentity, 'pid' | 'pidNamespace'>,
  line: ReportStream = 'preload',
): string {
  // Where the kernel does not tell, containers mostly have names of their own.
  const place = where === '' ? hostname() : where
  const digest = createHash('sha256').update(place).digest('hex').slice(0, 12)
  return line === 'preload' ? `${pid}-${digest}` : `${pid}-${digest}.${line}`
}

/** Whether it may be a primary's; earlier versions had the pid alone in it. */
export function isPrimaryName(name: string): boolean {
  return /^\d+(?:-[\da-f]{12})?(?:\.sdk)?$/.test(name)
}
