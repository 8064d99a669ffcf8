import type { WorkersDirectory } from '../../files/workers-directory.ts'
import { relayLimits } from '../../limits/relay.ts'
import { type Clock, nodeClock } from '../../support/clock.ts'
import { keepListener } from '../../support/listeners/kept-listener.ts'
import { ownProcessIdentity } from '../../support/process/process-identity.ts'
import { type Stop, stopAll } from '../../support/stop.ts'
import { LastReports } from './last-report.ts'
import { hasOwner, recordOwner } from './leftovers.ts'

interface KeptDirectoryOptions {
  /** Called after each attempt: with the error, or with undefined after a success. */
  readonly onAttempt: (error: unknown) => void
  /**
   * Whether this process owns the directory: its identity is in the directory, and the directory
   * goes at the end of the process. Default: true.
   */
  readonly isOwned?: boolean
  /** Default: the clock of Node. */
  readonly clock?: Clock | undefined
}

/**
 * The directory for the files of workers, in their primary. The directory is there before each
 * fork, and comes back where another process has removed the directory.
 */
export class KeptDirectory {
  readonly #directory: WorkersDirectory
  readonly #reports: LastReports
  readonly #onAttempt: (error: unknown) => void
  readonly #isOwned: boolean
  readonly #clock: Clock
  /** Empty before the first fork. */
  readonly #stops: Stop[] = []
  #isOwnerDue = true

  constructor(directory: WorkersDirectory, options: KeptDirectoryOptions) {
    const { onAttempt, isOwned = true, clock = nodeClock } = options
    this.#directory = directory
    this.#reports = new LastReports(directory)
    this.#onAttempt = onAttempt
    this.#isOwned = isOwned
    this.#clock = clock
  }

  /**
   * Makes the directory unless it is there. From the first call on, looks for the directory at
   * intervals, shows primaries in other containers that this process is alive, and removes the
   * directory at the end.
   */
  prepareFork(): void {
    this.#attempt()
    if (this.#stops.length > 0) return
    this.#stops.push(
      this.#clock.every(relayLimits.directoryCheckMs, () => this.#attempt()),
      this.#clock.every(relayLimits.refreshMs, () => {
        this.#isOwnerDue = true
      }),
    )
    if (!this.#isOwned) return
    this.#stops.push(
      () => this.#clear(),
      keepListener(process, 'exit', () => this.#clear()),
    )
  }

  stop(): void {
    stopAll(this.#stops)
  }

  #attempt(): void {
    try {
      this.#reports.prepare()
      if (this.#isOwned) this.#recordOwner()
      this.#onAttempt(undefined)
    } catch (error) {
      this.#onAttempt(error)
    }
  }

  #recordOwner(): void {
    if (!this.#isOwnerDue && hasOwner(this.#directory)) return
    recordOwner(this.#directory, ownProcessIdentity())
    this.#isOwnerDue = false
  }

  #clear(): void {
    try {
      this.#reports.clear()
    } catch {
      // The directory stays. A later primary removes the directories of dead primaries.
    }
  }
}
