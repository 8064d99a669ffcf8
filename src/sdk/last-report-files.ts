import { dirname } from 'node:path'
import type { Variables } from '../collect/cluster/worker-variables.ts'
import { sdkFilesVariable } from '../config/variables.ts'
import { encodeWorkersDirectory, type WorkersDirectory } from '../files/workers-directory.ts'
import { relayLimits } from '../limits/relay.ts'
import { LastReports } from '../relay/last-report/last-report.ts'
import { hasOwner, recordOwner } from '../relay/last-report/leftovers.ts'
import { chooseWorkersDirectory } from '../relay/last-report/primary-directory.ts'
import { type Clock, nodeClock } from '../support/clock.ts'
import { messageOf } from '../support/error-message.ts'
import { keepListener } from '../support/listeners/kept-listener.ts'
import { ownProcessIdentity } from '../support/process/process-identity.ts'
import { type Stop, stopAll } from '../support/stop.ts'
import { warnOnce } from './sdk-warning.ts'

/** The directory in which the workers of this process leave their last reports. */
export class LastReportFiles {
  readonly reports: LastReports
  readonly #directory: WorkersDirectory
  readonly #clock: Clock
  /** Empty before the first fork. */
  readonly #stops: Stop[] = []

  /** @param parent the directory above. */
  constructor(parent: string, clock: Clock = nodeClock) {
    const { directory, problem } = chooseWorkersDirectory(parent, 'sdk')
    if (problem !== undefined) {
      warnOnce(`${problem}; last reports are in ${dirname(directory.path)}`)
    }
    this.#directory = directory
    this.#clock = clock
    this.reports = new LastReports(directory)
  }

  /**
   * Makes the directory unless it is there, before each fork. From the first call on, shows
   * primaries in other containers that this process is alive, and removes the directory at the end.
   * @returns the variables for a new worker.
   */
  prepareFork(): Variables {
    this.#attempt(() => hasOwner(this.#directory))
    if (this.#stops.length === 0) {
      this.#stops.push(
        () => this.#clear(),
        keepListener(process, 'exit', () => this.#clear()),
        this.#clock.every(relayLimits.refreshMs, () => this.#attempt(() => false)),
      )
    }
    return { [sdkFilesVariable]: encodeWorkersDirectory(this.#directory, process.pid) }
  }

  stop(): void {
    stopAll(this.#stops)
  }

  /** @param isOwnerKnown whether the identity of this process stays as it is. */
  #attempt(isOwnerKnown: () => boolean): void {
    try {
      this.reports.prepare()
      if (!isOwnerKnown()) recordOwner(this.#directory, ownProcessIdentity())
    } catch (error) {
      warnOnce(`last reports too large for the IPC channel will be lost: ${messageOf(error)}`)
    }
  }

  #clear(): void {
    try {
      this.reports.clear()
    } catch {
      // An empty directory stays.
    }
  }
}
