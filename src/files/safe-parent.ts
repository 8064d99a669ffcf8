import { accessSync, constants, lstatSync, readlinkSync, realpathSync, type Stats } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { relayLimits } from '../limits/relay.ts'
import { namesIn } from './directory-names.ts'
import { isTrusted, userDirectory } from './trusted.ts'

/** The directory of this user, in which private directories are. */
export interface UserDirectory {
  readonly path: string
  /** Why the directory is not the expected directory in the parent, or not safe there. */
  readonly problem: string | undefined
}

/**
 * The directory of this user in a parent. Another local user can take its name, or rename the
 * directory in a parent that is writable for others and has no sticky bit. Then the directory has
 * another name, or another parent.
 * @param token an unguessable text for another name.
 */
export function safeUserDirectory(parent: string, token: string): UserDirectory {
  const unsafe = renamerOf(parent)
  if (unsafe === undefined) return freeName(parent, token)
  const safe = [tmpdir(), '/tmp', '/var/tmp'].find(isSafe)
  if (safe === undefined && isInContainer()) return freeName(parent, token)
  if (safe === undefined) return { ...freeName(parent, token), problem: unsafe }
  return { ...freeName(safe, token), problem: unsafe }
}

/** The pid namespace of processes that are in no container: the kernel's PROC_PID_INIT_INO. */
const initialPidNamespace = 'pid:[4026531836]'

/**
 * A volume of Kubernetes has the mode 0777 and no sticky bit, and only processes of the container
 * see the volume. With a read-only root, there is no other directory.
 */
function isInContainer(): boolean {
  try {
    return readlinkSync('/proc/self/ns/pid') !== initialPidNamespace
  } catch {
    return false
  }
}

function freeName(parent: string, token: string): UserDirectory {
  const path = userDirectory(parent)
  if (lstatQuietly(path) === undefined || isOwnDirectory(path)) return { path, problem: undefined }
  const problem = `another user can write to ${path}`
  return { path: earlierName(path) ?? `${path}-${token}`, problem }
}

/** The directory that an earlier process of this user made in place of the taken name. */
function earlierName(path: string): string | undefined {
  const prefix = `${basename(path)}-`
  const parent = dirname(path)
  return namesIn(parent, relayLimits.directoryEntries, () => {})
    .filter((name) => name.startsWith(prefix) && isToken(name.slice(prefix.length)))
    .map((name) => join(parent, name))
    .find(isOwnDirectory)
}

function isToken(text: string): boolean {
  return /^[\da-f]{32}$/.test(text)
}

function isOwnDirectory(path: string): boolean {
  const status = lstatQuietly(path)
  return status?.isDirectory() === true && isTrusted(status, process.getuid?.())
}

function isSafe(parent: string): boolean {
  try {
    accessSync(parent, constants.W_OK)
    return renamerOf(parent) === undefined
  } catch {
    return false
  }
}

/** Undefined where only this user and root can rename an entry of each directory of the path. */
function renamerOf(parent: string): string | undefined {
  if (process.getuid === undefined) return undefined
  let path = nearestExisting(parent)
  for (;;) {
    const status = lstatQuietly(path)
    if (status !== undefined && letsOthersRename(status)) {
      return `other users can rename the entries of ${path}, which has no sticky bit`
    }
    const above = dirname(path)
    if (above === path) return undefined
    path = above
  }
}

const sticky = 0o1000
const writableByGroup = 0o020
const writableByAll = 0o002

/** The own group of a user counts as the user. */
function letsOthersRename({ mode, gid }: Stats): boolean {
  if ((mode & sticky) !== 0) return false
  return (mode & writableByAll) !== 0 || ((mode & writableByGroup) !== 0 && gid !== ownGroup())
}

function ownGroup(): number | undefined {
  return process.getgid?.()
}

function nearestExisting(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    const above = dirname(path)
    return above === path ? path : nearestExisting(above)
  }
}

function lstatQuietly(path: string): Stats | undefined {
  try {
    return lstatSync(path)
  } catch {
    return undefined
  }
}
