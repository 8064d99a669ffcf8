import { statSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

const name = 'gunicorn.ctl'

/**
 * gunicorn's default place of the control socket.
 * @param runtime the value of XDG_RUNTIME_DIR.
 * @returns undefined for a user without an existing home directory.
 */
export function defaultControlPath(runtime: string | undefined): string | undefined {
  if (runtime && isDirectory(runtime)) return join(runtime, name)
  const home = homeDirectory()
  // Only an existing home directory: the caller makes the missing directories of the path.
  return home === undefined || !isDirectory(home) ? undefined : join(home, '.gunicorn', name)
}

/** A user of a container can have no entry in /etc/passwd. An empty HOME names no directory. */
export function homeDirectory(): string | undefined {
  try {
    const path = homedir()
    return isAbsolute(path) ? path : undefined
  } catch {
    return undefined
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
