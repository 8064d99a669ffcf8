import { closeSync, constants, openSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { errorCodeOf } from '../support/error-code.ts'
import { identityOf, isAlive, type ProcessIdentity } from '../support/process/process-identity.ts'
import { namesOf } from './directory-names.ts'
import { makeDirectory } from './make-directory.ts'
import { shortDigest } from './short-digest.ts'
import { assertTrusted, userDirectory } from './trusted.ts'

export interface Claim {
  /** The directory in which each user has a directory. */
  readonly parent: string
  /** The process whose children compete for the claim. */
  readonly pid: number
  readonly text: string
  /** Entries of the user's directory, over which no file is made. */
  readonly mostEntries: number
}

/**
 * Whether this process is the first child of a parent process to claim a text. A file without
 * content marks the claim. Files of ended parents are removed.
 * @returns true, too, if no file can be made or the system tells no start times of processes.
 */
export function isFirstToClaim({ parent, pid, text, mostEntries }: Claim): boolean {
  const identity = identityOf(pid)
  // Without a start time, the files of an earlier process with this pid would hide the text.
  if (identity.startTicks === '') return true
  try {
    makeDirectory(userDirectory(parent))
    assertTrusted(userDirectory(parent))
    const names = namesOf(userDirectory(parent), mostEntries)
    const isAbandoned = abandonedIn(identity.pidNamespace)
    for (const name of names) if (isAbandoned(name)) removeQuietly(parent, name)
    if (names.length >= mostEntries) return true
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
    const path = join(userDirectory(parent), nameOf(identity, text))
    closeSync(openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600))
    return true
  } catch (error) {
    return errorCodeOf(error) !== 'EEXIST'
  }
}

function nameOf({ pid, startTicks, pidNamespace }: ProcessIdentity, text: string): string {
  return `claim-${pid}-${startTicks}-${shortDigest(pidNamespace)}-${shortDigest(text)}`
}

/** Whether the parent process of a claim has ended. Parents in other containers count as alive. */
function abandonedIn(pidNamespace: string): (name: string) => boolean {
  const ownPlace = shortDigest(pidNamespace)
  return (name) => {
    const [, pid, startTicks = '', place] = /^claim-(\d+)-(\d*)-(\w+)-\w+$/.exec(name) ?? []
    if (pid === undefined || place !== ownPlace) return false
    return isAlive({ pid: Number(pid), startTicks, pidNamespace }) === false
  }
}

function removeQuietly(parent: string, name: string): void {
  try {
    unlinkSync(join(userDirectory(parent), name))
  } catch {
    // Another process has removed the file.
  }
}
