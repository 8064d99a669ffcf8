import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  type Stats,
} from 'node:fs'
import { join } from 'node:path'

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
 * Takes the right to write from other users.
 * @throws unless the path is a directory that this user owns.
 */
export function makeTrusted(path: string): void {
  const user = process.getuid?.()
  // Without user ids, as on Windows, a directory has no such mode and cannot be opened.
  if (user === undefined) return
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
  const directory = openSync(path, flags)
  try {
    const { uid, mode } = fstatSync(directory)
    if (uid !== user) throw new Error(`${path} belongs to another user: ${uid}, not ${user}`)
    if ((mode & writableByOthers) !== 0) fchmodSync(directory, 0o700)
  } finally {
    closeSync(directory)
  }
}
