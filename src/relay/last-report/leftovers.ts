import { namesBelow, PrivateDirectory } from '../../files/private-directory.ts'
import { relayLimits } from '../../limits/relay.ts'
import type { ReportStream } from '../../model/report-stream.ts'
import {
  isAlive,
  type ProcessIdentity,
  parseProcessIdentity,
} from '../../support/process-identity.ts'
import { isPrimaryName, primaryName } from './primary-directory.ts'

const ownerFile = 'owner.json'

/**
 * In a primary that has prepared its directory: says whose it is, and removes those of primaries that are dead. One that
 * was killed with all its workers leaves their files.
 * @throws where its directory cannot be written.
 */
export function claimDirectory(parent: string, owner: ProcessIdentity, line?: ReportStream): void {
  const own = primaryName(owner, line)
  new PrivateDirectory(parent, own).replace(ownerFile, JSON.stringify(owner))
  for (const name of namesBelow(parent, relayLimits.directoryEntries)) {
    if (isPrimaryName(name) && name !== own) clearDead(new PrivateDirectory(parent, name))
  }
}

/** Nothing happens to what does not say whose it is, or who lives where nobody here can see it. */
function clearDead(directory: PrivateDirectory): void {
  const found = directory.read(ownerFile, relayLimits.processFileBytes)
  if (typeof found === 'string') return
  try {
    const owner = parseProcessIdentity(JSON.parse(found.toString()))
    if (owner && isAlive(owner) === false) directory.clear()
  } catch {
    // Not what a primary writes, or not ours to remove.
  }
}
