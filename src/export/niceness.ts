import { stat } from 'node:fs'
import { platform, setPriority } from 'node:os'

/** By measurement: docs/decisions/0007-a-nice-exporter-thread.md. */
const niceness = 5

/**
 * Lets the application's threads run first where there are not processors enough for all. On Linux the
 * niceness of this thread alone changes, elsewhere it would be the whole process's: nothing is done there.
 * Threads that are started from here afterwards inherit it: libuv's pool, which is the application's too, is
 * started before, by asking it for something.
 * @returns false where the system refuses.
 */
export function giveWay(): boolean {
  if (platform() !== 'linux') return true
  try {
    stat('/', () => {})
    setPriority(0, niceness)
    return true
  } catch {
    return false
  }
}
