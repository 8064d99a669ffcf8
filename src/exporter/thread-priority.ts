import { access } from 'node:fs'
import { getPriority, platform, setPriority } from 'node:os'

/** More than the application's. By measurement: docs/decisions/0007-a-nice-exporter-thread.md. */
const niceness = 5

/**
 * Lets the application's threads run first where there are not processors enough for all. On Linux the
 * niceness of this thread alone changes, elsewhere it would be the whole process's: nothing is done there.
 * @param onRefused called where the system does not allow it.
 */
export function lowerPriority(onRefused: () => void): void {
  if (platform() !== 'linux') return
  // Node starts its pool of threads when somebody first needs it, and they inherit the niceness of that one.
  // Looking up a host's name needs it: were that us, the application's files and passwords would give way too.
  access('/', () => {
    try {
      // An application may be nice itself: what is 5 to others would then be before it.
      setPriority(0, Math.min(getPriority(0) + niceness, 19))
    } catch {
      onRefused()
    }
  })
}
