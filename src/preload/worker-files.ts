import { dirname } from 'node:path'
import type { Variables } from '../collect/cluster/worker-variables.ts'
import { nameOf } from '../config/setting-names.ts'
import type { Settings } from '../config/settings.ts'
import { filesVariable } from '../config/variables.ts'
import { encodeWorkersDirectory, type WorkersDirectory } from '../files/workers-directory.ts'
import { logLimits } from '../limits/log.ts'
import { relayLimits } from '../limits/relay.ts'
import { LineLimit } from '../log/line-limit.ts'
import { log } from '../log/log.ts'
import { LastReports } from '../relay/last-report/last-report.ts'
import { hasOwner, recordOwner } from '../relay/last-report/leftovers.ts'
import {
  type ChosenDirectory,
  chooseWorkersDirectory,
} from '../relay/last-report/primary-directory.ts'
import type { LostCounts } from '../state/cluster-state-options.ts'
import { nodeClock } from '../support/clock.ts'
import { messageOf } from '../support/error-message.ts'
import { failureChanges } from '../support/failure-changes.ts'
import { keepListener } from '../support/listeners/kept-listener.ts'
import { ownProcessIdentity } from '../support/process/process-identity.ts'

const whatRemains: Readonly<Record<LostCounts['result'], string>> = {
  missing: 'left no crash file',
  refused: 'left an invalid crash file',
  unreadable: 'left a crash file that cannot be read',
}

/**
 * The directory for last reports, crash files and stacks of this process's workers. Its name is
 * known before the first fork, and each worker gets the name in a variable.
 */
export class WorkerFiles {
  readonly #settings: Settings
  readonly #onFault: (component: string) => void
  readonly #chosen: ChosenDirectory | undefined
  readonly #note: (error: string | undefined) => void
  readonly #losses = new LineLimit({
    print: (text) => log.warn(text),
    lines: logLimits.deaths,
    periodMs: logLimits.deathPeriodMs,
    summary: (leftOut) => `${leftOut} lines about lost counts were left out`,
  })
  #state: 'unused' | 'used' = 'unused'
  #isOwnerDue = true

  constructor(settings: Settings, onFault: (component: string) => void) {
    this.#settings = settings
    this.#onFault = onFault
    const { multiprocDir: parent, hangStackSeconds } = settings
    this.#chosen = parent === undefined ? undefined : chooseWorkersDirectory(parent)
    this.#note = changesOf(nameOf(settings, 'multiprocDir'), hangStackSeconds > 0)
  }

  /** Undefined where the settings allow no files. */
  get directory(): WorkersDirectory | undefined {
    return this.#chosen?.directory
  }

  /**
   * Makes the directory if it is missing, before each fork. From the first call on, looks for the
   * directory at intervals, and removes it at the end.
   * @returns the variables for a new worker.
   */
  prepare(): Variables {
    const { directory } = this
    if (!directory) return {}
    if (this.#state === 'unused') this.#start(directory)
    else this.#attempt(directory)
    return { [filesVariable]: encodeWorkersDirectory(directory, process.pid) }
  }

  /** Logs that the crash file of a killed worker is not usable. */
  readonly tellLoss = ({ forkNumber, pid, result }: LostCounts): void => {
    const what = whatRemains[result]
    const setting = nameOf(this.#settings, 'multiprocDir')
    this.#losses.print(
      `worker ${forkNumber} (pid:${pid ?? 'unknown'}) was killed and ${what}: ` +
        `its counts since its last report are lost (see ${setting})`,
    )
  }

  #start(directory: WorkersDirectory): void {
    this.#state = 'used'
    this.#warnOfPlace(directory)
    this.#attempt(directory)
    if (this.#settings.cleanupDbFiles) {
      keepListener(process, 'exit', () => clearQuietly(directory))
    }
    nodeClock.every(relayLimits.directoryCheckMs, () => this.#attempt(directory))
    nodeClock.every(relayLimits.refreshMs, () => {
      this.#isOwnerDue = true
    })
  }

  #attempt(directory: WorkersDirectory): void {
    try {
      new LastReports(directory).prepare()
      if (this.#settings.cleanupDbFiles) this.#recordOwner(directory)
      this.#note(undefined)
    } catch (error) {
      this.#countFaults()
      this.#note(messageOf(error))
    }
  }

  #recordOwner(directory: WorkersDirectory): void {
    if (!this.#isOwnerDue && hasOwner(directory)) return
    recordOwner(directory, ownProcessIdentity())
    this.#isOwnerDue = false
  }

  #countFaults(): void {
    const hasStacks = this.#settings.hangStackSeconds > 0
    for (const component of hasStacks ? ['crash_file', 'hang_stacks'] : ['crash_file']) {
      this.#onFault(component)
    }
  }

  #warnOfPlace({ path }: WorkersDirectory): void {
    const problem = this.#chosen?.problem
    if (problem === undefined) return
    const setting = nameOf(this.#settings, 'multiprocDir')
    log.warn(`${problem}; the crash files of workers are in ${dirname(path)} (see ${setting})`)
  }
}

/** Logs when errors begin and when they end. */
function changesOf(setting: string, hasStacks: boolean): (error: string | undefined) => void {
  const stacks = hasStacks ? ', and a worker that hangs shows no stack' : ''
  return failureChanges({
    onFailing: (error) =>
      log.warn(
        'the directory for crash files cannot be made, trying again; a killed worker loses its ' +
          'last second, and a last report that is too large for the IPC channel is lost' +
          `${stacks}: ${error} (see ${setting})`,
      ),
    onRecovered: () => log.warn(`the directory for crash files is ready (see ${setting})`),
  })
}

function clearQuietly(directory: WorkersDirectory): void {
  try {
    new LastReports(directory).clear()
  } catch {
    // The process ends. An empty directory stays.
  }
}
