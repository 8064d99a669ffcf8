import { hostname } from 'node:os'
import { type Parent, PrivateDirectory } from '../../files/private-directory.ts'
import { shortDigest } from '../../files/short-digest.ts'
import type { ReportStream } from '../../model/report-stream.ts'
import { ownPidNamespace, type ProcessIdentity } from '../../support/process/process-identity.ts'

/** The directory of a primary. The primary and its workers compute the same path. */
export function primaryDirectory(
  parent: Parent,
  primaryPid: number,
  stream?: ReportStream,
): PrivateDirectory {
  const primary = { pid: primaryPid, pidNamespace: ownPidNamespace() }
  return new PrivateDirectory(parent, primaryName(primary, stream))
}

/**
 * The name of a primary's directory. The primaries of two containers that share a volume may both
 * have pid 1, so the name contains a digest of the pid namespace.
 */
export function primaryName(
  { pid, pidNamespace }: Pick<ProcessIdentity, 'pid' | 'pidNamespace'>,
  stream: ReportStream = 'preload',
): string {
  // If the kernel does not show the namespace: most containers have different host names.
  const place = pidNamespace === '' ? hostname() : pidNamespace
  const digest = shortDigest(place)
  return stream === 'preload' ? `${pid}-${digest}` : `${pid}-${digest}.${stream}`
}

/** Whether a primary may have this directory. Earlier versions used the pid alone. */
export function isPrimaryName(name: string): boolean {
  return /^\d+(?:-[\da-f]{12})?(?:\.sdk)?$/.test(name)
}
