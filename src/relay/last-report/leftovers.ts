import { basename, dirname, join } from 'node:path'
import { namesOf } from '../../files/directory-names.ts'
import { PrivateDirectory } from '../../files/private-directory.ts'
import type { WorkersDirectory } from '../../files/workers-directory.ts'
import { relayLimits } from '../../limits/relay.ts'
import {
  isAlive,
  isThere,
  type ProcessIdentity,
  parseProcessIdentity,
} from '../../support/process/process-identity.ts'
import { type PrimaryName, parsePrimaryName } from './primary-directory.ts'

const ownerFile = 'owner.json'

export interface RecordOwnerOptions {
  /** Entries of the parent to read. Default: `relayLimits.directoryEntries`. */
  readonly directoryEntries?: number
  /** Unix milliseconds. Default: the time of the written file. */
  readonly now?: number
}

/**
 * In a primary with a prepared directory: writes the owner's identity to the directory, and
 * removes the directories of dead primaries. A primary killed with all workers leaves the
 * directory behind. Repeated calls show primaries in other containers that the owner is alive.
 * @throws if the identity cannot be written.
 */
export function recordOwner(
  directory: WorkersDirectory,
  owner: ProcessIdentity,
  { directoryEntries = relayLimits.directoryEntries, ...options }: RecordOwnerOptions = {},
): void {
  const own = new PrivateDirectory(directory)
  own.replace(ownerFile, JSON.stringify(owner))
  const now = options.now ?? own.stamp(ownerFile)?.mtimeMs ?? 0
  const user = dirname(directory.path)
  for (const name of namesOf(user, directoryEntries)) {
    const primary = parsePrimaryName(name)
    if (!primary || name === basename(directory.path)) continue
    clearDead(new PrivateDirectory({ ...directory, path: join(user, name) }), primary, now)
  }
}

/** Whether the identity of the owner is in its directory. */
export function hasOwner(directory: WorkersDirectory): boolean {
  return new PrivateDirectory(directory).stamp(ownerFile) !== undefined
}

function clearDead(directory: PrivateDirectory, primary: PrimaryName, now: number): void {
  try {
    if (isDead(directory, primary, now)) directory.clear()
  } catch {
    // The user may not read or remove the directory.
  }
}

function isDead(directory: PrivateDirectory, primary: PrimaryName, now: number): boolean {
  const owner = ownerOf(directory)
  const alive = typeof owner === 'object' ? isAlive(owner) : undefined
  if (alive !== undefined) return !alive
  const age = now - directory.changedAt(relayLimits.ownDirectoryEntries)
  // Without an owner, another process may have the pid now.
  if (!owner && primary.isNear && !isThere(primary.pid)) return age > relayLimits.ownerlessMs
  // The primary of another container refreshes its directory. Earlier versions did not.
  return (!owner || primary.isRefreshed) && age > relayLimits.abandonedMs
}

/**
 * Undefined where the process died before it had written the file. `unknown` where the file cannot
 * be read, for example without a free descriptor: the owner can be alive.
 */
function ownerOf(directory: PrivateDirectory): ProcessIdentity | 'unknown' | undefined {
  const found = directory.read(ownerFile, relayLimits.processFileBytes)
  if (found === 'missing') return undefined
  if (typeof found === 'string') return 'unknown'
  try {
    return parseProcessIdentity(JSON.parse(found.toString()))
  } catch {
    return undefined
  }
}
