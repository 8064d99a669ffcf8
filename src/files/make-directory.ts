import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a directory of this user's alone, and those above it. Not by `recursive`: below a directory that has no room for
 * another, as /proc has not, Node tries for ever.
 * @throws where it cannot be made; not where something has its name already.
 */
export function makeDirectory(path: string): void {
  if (existsSync(path)) return
  makeDirectory(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process was faster.
    if (!existsSync(path)) throw error
  }
}

/** Bits of a mode that let others write. */
export const writableByOthers = 0o022
