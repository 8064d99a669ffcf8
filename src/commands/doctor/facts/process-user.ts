import { errorCodeOf } from '../../../support/error-code.ts'
import type { ProcessView } from './process-view.ts'

/**
 * Gives up root for the user of a process. The variables of the process name files and packages,
 * and a user must not let root read or run these.
 * @returns undefined after a success, and where nothing is to be given up; otherwise the reason.
 */
export function becomeUserOf({ uid, gid, groups }: ProcessView): string | undefined {
  if (process.getuid?.() !== 0 || uid === 0) return undefined
  try {
    process.setgroups?.([...groups])
    process.setgid?.(gid)
    process.setuid?.(uid)
    return undefined
  } catch (error) {
    return `This process cannot become the user ${uid}: ${String(errorCodeOf(error))}.`
  }
}
