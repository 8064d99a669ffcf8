import { hostname } from 'node:os'
import { placeIn } from '../../files/private-place.ts'
import { safeUserDirectory } from '../../files/safe-parent.ts'
import type { WorkersDirectory } from '../../files/workers-directory.ts'
import type { ReportStream } from '../../model/report-stream.ts'
import { randomHex } from '../../support/process/node-crypto.ts'
import { ownPidNamespace, type ProcessIdentity } from '../../support/process/process-identity.ts'

/** The directory of a primary for its workers, and why it is not in the expected place. */
export interface ChosenDirectory {
  readonly directory: WorkersDirectory
  readonly problem: string | undefined
}

/** Chooses a directory for the workers of this process. No other process can guess the name. */
export function chooseWorkersDirectory(parent: string, stream?: ReportStream): ChosenDirectory {
  const token = randomHex(16)
  const user = safeUserDirectory(parent, token)
  const primary = { pid: process.pid, pidNamespace: ownPidNamespace() }
  const place = placeIn(user.path, primaryName(primary, { token, stream }))
  // Root can give a worker another user at any time.
  return { directory: { ...place, isOpen: place.user === 0 }, problem: user.problem }
}

export interface PrimaryNameOptions {
  readonly token: string
  readonly stream?: ReportStream | undefined
}

/**
 * The name of a primary's directory. The primaries of two containers that share a volume may both
 * have pid 1, so the name contains a digest of the pid namespace.
 */
export function primaryName(
  { pid, pidNamespace }: Pick<ProcessIdentity, 'pid' | 'pidNamespace'>,
  { token, stream = 'preload' }: PrimaryNameOptions,
): string {
  const name = `${pid}-${digestOf(pidNamespace)}-${token}`
  return stream === 'preload' ? name : `${name}.${stream}`
}

/** What the name of a primary's directory tells. */
export interface PrimaryName {
  readonly pid: number
  /** Whether the primary has the pid namespace of this process. */
  readonly isNear: boolean
  /** Whether the primary shows by the time of its directory that it is alive. */
  readonly isRefreshed: boolean
}

/** Undefined for another name. Earlier versions used the pid alone, or no token. */
export function parsePrimaryName(name: string): PrimaryName | undefined {
  const parts = /^(\d+)(?:-([\da-f]{12})(-[\da-f]{32})?)?(?:\.sdk)?$/.exec(name)
  if (!parts) return undefined
  const [, pid, digest, token] = parts
  const isNear = digest === digestOf(ownPidNamespace())
  return { pid: Number(pid), isNear, isRefreshed: token !== undefined }
}

/**
 * 12 hexadecimal digits. A hash of `node:crypto` would make the first server or fork wait for the
 * load of the module. No user chooses the hashed text.
 */
function digestOf(pidNamespace: string): string {
  // If the kernel does not show the namespace: most containers have different host names.
  const text = pidNamespace === '' ? hostname() : pidNamespace
  let low = 0x81_1c_9d_c5
  let high = 0x9e_37_79_b9
  for (const character of text) {
    const code = character.charCodeAt(0)
    low = Math.imul(low ^ code, 0x01_00_01_93)
    high = Math.imul(high ^ code, 0x85_eb_ca_6b) ^ (high >>> 13)
  }
  return hexadecimal(high, 4) + hexadecimal(low, 8)
}

function hexadecimal(value: number, digits: number): string {
  return (value >>> 0).toString(16).padStart(8, '0').slice(-digits)
}
