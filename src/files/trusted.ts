import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  type Stats,
} from 'node:fs'
import { join } from 'node:path'
import { setMode } from '../support/process/set-mode.ts'

/** Mode bits that let other users write. */
const writableByOthers = 0o022

const prefix = 'gunicorn-prometheus-exporter-'

/**
 * The directory of a user, below a parent that every user may write to.
 * @param user default: the user of this process.
 */
export function userDirectory(
  parent: string,
  user: number | undefined = process.getuid?.(),
): string {
  return join(parent, `${prefix}${user ?? 'user'}`)
}

/**
 * The user id in the name of a user's directory.
 * @returns undefined for any other name; NaN where the system has no user ids, as on Windows.
 */
export function userOfDirectory(name: string): number | undefined {
  const user = name.startsWith(prefix) ? name.slice(prefix.length) : ''
  return /^(?:\d+|user)$/.test(user) ? Number(user) : undefined
}

/**
 * Whether the user owns the entry and no other user may write to it. Always true without user ids.
 */
export function isTrusted(
  { uid, mode }: Pick<Stats, 'uid' | 'mode'>,
  user: number | undefined,
): boolean {
  return process.getuid === undefined || (uid === user && (mode & writableByOthers) === 0)
}

/**
 * @param user default: the user of this process.
 * @throws unless the path is a directory that the user owns and no other user may write to.
 */
export function assertTrusted(path: string, user: number | undefined = process.getuid?.()): void {
  const status = lstatSync(path)
  if (status.isDirectory() && isTrusted(status, user)) return
  throw new Error(`${path} is not a directory of this user alone`)
}

/**
 * @param user default: the user of this process.
 * @throws unless the path is a directory that the user owns.
 */
export function assertOwned(path: string, user: number | undefined = process.getuid?.()): void {
  const status = lstatSync(path)
  if (status.isDirectory() && (process.getuid === undefined || status.uid === user)) return
  throw new Error(`${path} is not a directory of this user`)
}

/**
 * Takes the right to write from other users.
 * @throws unless the path is a directory that this user owns.
 */
export function makeTrusted(path: string): void {
  withTrusted(path, () => {})
}

/** A directory of this user that is open. */
interface OpenDirectory {
  /** On Linux, no other user can put another directory in its place. */
  readonly path: string
  /** Undefined without user ids. */
  readonly descriptor: number | undefined
}

/**
 * Removes the right of other users to write, and holds the directory open for a call.
 * @throws unless the path is a directory that this user owns.
 */
export function withTrusted(path: string, act: (directory: OpenDirectory) => void): void {
  const user = process.getuid?.()
  // Without user ids, as on Windows, a directory has no such mode and cannot be opened.
  if (user === undefined) {
    act({ path, descriptor: undefined })
    return
  }
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
  const descriptor = openSync(path, flags)
  try {
    const { uid, mode } = fstatSync(descriptor)
    if (uid !== user) throw new Error(`${path} belongs to another user: ${uid}, not ${user}`)
    if ((mode & writableByOthers) !== 0) setMode(descriptor, path, 0o700)
    act({ path: existsSync(descriptors) ? `${descriptors}/${descriptor}` : path, descriptor })
  } finally {
    closeSync(descriptor)
  }
}

const descriptors = '/proc/self/fd'
