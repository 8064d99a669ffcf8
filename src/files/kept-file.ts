import { linkSync, renameSync, rmSync } from 'node:fs'

/** Calls `act`, which removes the file, and keeps the file. @returns the result of `act`. */
export function keepingFile<Result>(path: string, act: () => Result): Result {
  const spare = `${path}.${process.pid}`
  const isSpared = attempt(() => linkSync(path, spare)) || attempt(() => renameSync(path, spare))
  const result = act()
  if (isSpared) attempt(() => renameSync(spare, path))
  // If `act` left the file, both names are the same file, and the rename did nothing.
  attempt(() => rmSync(spare, { force: true }))
  return result
}

/** In a read-only directory, `act` cannot remove the file either. */
function attempt(act: () => void): boolean {
  try {
    act()
    return true
  } catch {
    return false
  }
}
