import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a directory with mode 0700, and the missing directories above it. An existing entry of any
 * kind stays. `recursive` is not used: below a directory that accepts no entries, such as /proc,
 * Node tries without end.
 * @throws where the directory cannot be made.
 */
export function makeDirectory(path: string): void {
  if (existsSync(path)) return
  makeDirectory(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process may have made the directory first.
    if (!existsSync(path)) throw error
  }
}
