import { access } from 'node:fs'
import { getPriority, platform, setPriority } from 'node:os'

/** Added to the application's value. Measured in docs/decisions/0007-a-nice-exporter-thread.md. */
const niceness = 5

/**
 * Gives the application's threads precedence when processors are scarce. On Linux, this changes the
 * niceness of the calling thread only. Elsewhere, it would change the process, so nothing happens.
 * @param onRefused called when the system refuses the change.
 */
export function lowerPriority(onRefused: () => void): void {
  if (platform() !== 'linux') return
  // The thread pool starts at its first use, and inherits the niceness of the thread that uses it.
  // This call starts the pool before the change, so that the application's pool keeps its priority.
  access('/', () => {
    try {
      // The application may have a niceness of its own, which a fixed value would ignore.
      setPriority(0, Math.min(getPriority(0) + niceness, 19))
    } catch {
      onRefused()
    }
  })
}
