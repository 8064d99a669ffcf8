import { closeSync, constants, existsSync, openSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { filesLimits } from '../limits/files.ts'

/**
 * Removes a directory of files to which other users can write. On Linux, the path goes through a
 * descriptor of the directory. A worker could put a link in the place of the directory.
 * @throws where the directory cannot be removed.
 */
export function clearOpenDirectory(path: string): void {
  if (!existsSync(path)) return
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
  const directory = openSync(path, flags)
  try {
    const held = existsSync('/proc/self/fd') ? `/proc/self/fd/${directory}` : path
    untilDone((isLast) => {
      // Another thread can remove a file first, and an ending worker can make one.
      for (const name of readdirSync(held)) rmSync(join(held, name), { force: true })
      return isRemoved(path, isLast)
    })
  } finally {
    closeSync(directory)
  }
}

/**
 * An ending worker can make a file meanwhile. `rmSync` then leaves the directory in silence.
 * @throws where the directory cannot be removed.
 */
export function clearClosedDirectory(path: string): void {
  untilDone((isLast) => {
    rmSync(path, { recursive: true, force: true, maxRetries: 10 })
    return !existsSync(path) || isRemoved(path, isLast)
  })
}

function untilDone(attempt: (isLast: boolean) => boolean): void {
  let left: number = filesLimits.clearAttempts
  while (!attempt(left === 1)) left -= 1
}

/** @throws at the last attempt, where the directory has files again. */
function isRemoved(path: string, isLast: boolean): boolean {
  try {
    rmdirSync(path)
    return true
  } catch (error) {
    if (isLast) throw error
    return false
  }
}
