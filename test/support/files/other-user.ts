import { mkdtempSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { removeDirectory } from '../programs/temporary-directory.ts'

/** A user and a group that own nothing. */
export const otherUser = 65_534

/** The option `skip` of tests that act as another user. */
export const needsRoot: string | false =
  process.getuid?.() === 0 ? false : 'only root can act as another user'

/** Calls the function with the rights of another user. The function must be synchronous. */
export function asOtherUser<Result>(act: () => Result): Result {
  process.setegid?.(otherUser)
  process.seteuid?.(otherUser)
  try {
    return act()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}

/** A directory that each user can reach. `TMPDIR` may be below a directory of this user alone. */
export function publicDirectory(context: TestContext): string {
  const directory = mkdtempSync('/tmp/gunicorn-prometheus-exporter-test-')
  context.after(() => removeDirectory(directory))
  return directory
}
