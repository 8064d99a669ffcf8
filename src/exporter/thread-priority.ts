import { access } from 'node:fs'
import { getPriority, platform, setPriority } from 'node:os'

/** Added to the application's value. Measured in docs/decisions/0007-a-nice-exporter-thread.md. */
const niceness = 5

/**
 * Gives the application's threads precedence when processors are scarce. On Linux, the niceness
 * belongs to the calling thread. Elsewhere, the niceness belongs to the process: nothing changes.
 * @param onRefused called when the system refuses the change.
 */
export function lowerPriority(onRefused: () => void): void {
  if (platform() !== 'linux') return
  // The thread pool starts at the first use, and inherits the niceness of the using thread. The
  // call starts the pool before the change, so that the application's pool keeps the priority.
  access('/', () => {
    try {
      // A fixed value would ignore the niceness of the application.
      setPriority(0, Math.min(getPriority(0) + niceness, 19))
    } catch {
      onRefused()
    }
  })
}
