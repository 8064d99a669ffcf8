import { namesBelow, type Parent, PrivateDirectory } from '../../files/private-directory.ts'
import { relayLimits } from '../../limits/relay.ts'
import type { ReportStream } from '../../model/report-stream.ts'
import {
  isAlive,
  type ProcessIdentity,
  parseProcessIdentity,
} from '../../support/process/process-identity.ts'
import { isPrimaryName, primaryName } from './primary-directory.ts'

const ownerFile = 'owner.json'

export interface RecordOwnerOptions {
  readonly stream?: ReportStream | undefined
  /** Entries of the parent to read. Default: `relayLimits.directoryEntries`. */
  readonly directoryEntries?: number
}

/**
 * In a primary with a prepared directory: writes the owner's identity to the directory, and
 * removes the directories of dead primaries. A primary killed with all workers leaves the
 * directory behind.
 * @throws if the identity cannot be written.
 */
export function recordOwner(
  parent: Parent,
  owner: ProcessIdentity,
  { stream, directoryEntries = relayLimits.directoryEntries }: RecordOwnerOptions = {},
): void {
  const own = primaryName(owner, stream)
  new PrivateDirectory(parent, own).replace(ownerFile, JSON.stringify(owner))
  for (const name of namesBelow(parent, directoryEntries)) {
    if (isPrimaryName(name) && name !== own) clearDead(new PrivateDirectory(parent, name))
  }
}

/** Keeps a directory without a valid owner, or with an owner in another pid namespace. */
function clearDead(directory: PrivateDirectory): void {
  const found = directory.read(ownerFile, relayLimits.processFileBytes)
  if (typeof found === 'string') return
  try {
    const owner = parseProcessIdentity(JSON.parse(found.toString()))
    if (owner && isAlive(owner) === false) directory.clear()
  } catch {
    // The file is not JSON, or the user may not remove the directory.
  }
}
