import { statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const name = 'gunicorn.ctl'

/** gunicorn's default place of the control socket. @param runtime the value of XDG_RUNTIME_DIR. */
export function defaultControlPath(runtime: string | undefined): string {
  if (runtime && isDirectory(runtime)) return join(runtime, name)
  return join(homedir(), '.gunicorn', name)
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
