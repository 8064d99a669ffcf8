import type { Settings } from '../config/settings.ts'
import { ownProgram } from '../files/own-program.ts'
import type { WorkersDirectory } from '../files/workers-directory.ts'
import { log } from '../log/log.ts'
import { nodeClock } from '../support/clock.ts'
import { guardedListener } from '../support/listeners/guarded-listener.ts'
import { keepFirstListener } from '../support/listeners/kept-listener.ts'
import type { Stop } from '../support/stop.ts'
import { HangFiles } from './hang-files.ts'
import { watchMainThread } from './watchdog.ts'
import type { HangDestination } from './watchdog-data.ts'

export interface WatchdogStart {
  readonly settings: Settings
  readonly destination: HangDestination
  readonly onFault: (component: string) => void
}

/** Starts the watchdog of this process, if the settings ask for stacks of processes that hang. */
export function startWatchdog({ settings, destination, onFault }: WatchdogStart): Stop {
  if (settings.hangStackSeconds === 0) return () => {}
  return watchMainThread({
    seconds: settings.hangStackSeconds,
    destination,
    program: ownProgram('watchdog-thread.cjs', import.meta.dirname),
    ownDirectory: import.meta.dirname,
    onFault: () => onFault('hang_stacks'),
    warn: log.warn,
  })
}

/** Starts the watchdog of a process with an exporter thread, and stops it at the end. */
export function startOwnWatchdog(start: WatchdogStart): void {
  if (start.settings.hangStackSeconds === 0) return
  // In a later turn: two threads that start in one turn would not both be hidden.
  nodeClock.after(0, () => {
    const stop = startWatchdog(start)
    // At the end, the main thread may wait for a last push. That wait is no hang.
    guardedListener(start.onFault, keepFirstListener)(process, 'exit', stop)
  })
}

/** In a primary: the code that holds the event loop of a worker; undefined without a stack. */
export function heldByOf(
  directory: WorkersDirectory | undefined,
  worker: { readonly forkNumber: number; readonly pid: number },
): string | undefined {
  return directory && new HangFiles(directory).read(worker.forkNumber, worker.pid)?.heldBy
}
