import { dirname } from 'node:path'
import type { Variables } from '../collect/cluster/worker-variables.ts'
import { sdkFilesVariable } from '../config/variables.ts'
import { encodeWorkersDirectory, type WorkersDirectory } from '../files/workers-directory.ts'
import { KeptDirectory } from '../relay/last-report/kept-directory.ts'
import { LastReports } from '../relay/last-report/last-report.ts'
import { chooseWorkersDirectory } from '../relay/last-report/primary-directory.ts'
import type { Clock } from '../support/clock.ts'
import { messageOf } from '../support/error-message.ts'
import { warnOnce } from './sdk-warning.ts'

/** The directory in which the workers of this process leave their last reports. */
export class LastReportFiles {
  readonly reports: LastReports
  readonly #directory: WorkersDirectory
  readonly #kept: KeptDirectory

  /**
   * @param parent the directory above.
   * @param clock default: the clock of Node.
   */
  constructor(parent: string, clock?: Clock) {
    const { directory, problem } = chooseWorkersDirectory(parent, 'sdk')
    if (problem !== undefined) {
      warnOnce(`${problem}; last reports are in ${dirname(directory.path)}`)
    }
    this.#directory = directory
    this.#kept = new KeptDirectory(directory, { onAttempt: warnOfLoss, clock })
    this.reports = new LastReports(directory)
  }

  /**
   * Makes the directory unless it is there, before each fork.
   * @returns the variables for a new worker.
   */
  prepareFork(): Variables {
    this.#kept.prepareFork()
    return { [sdkFilesVariable]: encodeWorkersDirectory(this.#directory, process.pid) }
  }

  /** Removes the directory. */
  stop(): void {
    this.#kept.stop()
  }
}

function warnOfLoss(error: unknown): void {
  if (error === undefined) return
  warnOnce(`last reports too large for the IPC channel will be lost: ${messageOf(error)}`)
}
