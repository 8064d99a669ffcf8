import { statSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

const name = 'gunicorn.ctl'

/**
 * gunicorn's default place of the control socket.
 * @param runtime the value of XDG_RUNTIME_DIR.
 * @returns undefined for a user without a home directory.
 */
export function defaultControlPath(runtime: string | undefined): string | undefined {
  if (runtime && isDirectory(runtime)) return join(runtime, name)
  const home = homeDirectory()
  return home === undefined ? undefined : join(home, '.gunicorn', name)
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
