import { dirname } from 'node:path'
import type { Variables } from '../collect/cluster/worker-variables.ts'
import { nameOf } from '../config/setting-names.ts'
import type { Settings } from '../config/settings.ts'
import { filesVariable } from '../config/variables.ts'
import { encodeWorkersDirectory, type WorkersDirectory } from '../files/workers-directory.ts'
import { logLimits } from '../limits/log.ts'
import { LineLimit } from '../log/line-limit.ts'
import { log } from '../log/log.ts'
import { coded } from '../model/errors/coded-text.ts'
import { KeptDirectory } from '../relay/last-report/kept-directory.ts'
import {
  type ChosenDirectory,
  chooseWorkersDirectory,
} from '../relay/last-report/primary-directory.ts'
import type { LostCounts } from '../state/cluster-state-options.ts'
import { messageOf } from '../support/error-message.ts'
import { failureChanges } from '../support/failure-changes.ts'

const whatRemains: Readonly<Record<LostCounts['result'], string>> = {
  missing: 'left counts neither in memory nor in a crash file',
  refused: 'left invalid counts',
  unreadable: 'left files that cannot be read',
}

/**
 * The directory for last reports, crash files and stacks of this process's workers. Its name is
 * known before the first fork, and each worker gets the name in a variable.
 */
export class WorkerFiles {
  readonly #settings: Settings
  readonly #onFault: (component: string) => void
  readonly #chosen: ChosenDirectory | undefined
  readonly #kept: KeptDirectory | undefined
  readonly #note: (error: string | undefined) => void
  readonly #losses = new LineLimit({
    print: (text) => log.warn(text),
    lines: logLimits.deaths,
    periodMs: logLimits.deathPeriodMs,
    summary: (leftOut) =>
      coded('GPE_COUNTS_LOST', `${leftOut} lines about lost counts were left out`),
  })
  #state: 'unused' | 'used' = 'unused'

  constructor(settings: Settings, onFault: (component: string) => void) {
    this.#settings = settings
    this.#onFault = onFault
    const { multiprocDir: parent, hangStackSeconds, cleanupDbFiles } = settings
    this.#note = changesOf(nameOf(settings, 'multiprocDir'), hangStackSeconds > 0)
    if (parent === undefined) return
    this.#chosen = chooseWorkersDirectory(parent)
    this.#kept = new KeptDirectory(this.#chosen.directory, {
      isOwned: cleanupDbFiles,
      onAttempt: (error) => this.#attempted(error),
    })
  }

  /** Undefined where the settings allow no files. */
  get directory(): WorkersDirectory | undefined {
    return this.#chosen?.directory
  }

  /**
   * Makes the directory if it is missing, before each fork.
   * @returns the variables for a new worker.
   */
  prepare(): Variables {
    const { directory } = this
    if (!directory) return {}
    if (this.#state === 'unused') this.#warnOfPlace(directory)
    this.#state = 'used'
    this.#kept?.prepareFork()
    return { [filesVariable]: encodeWorkersDirectory(directory, process.pid) }
  }

  /** Logs that the counts of a killed worker since its last report are lost. */
  readonly tellLoss = ({ forkNumber, pid, result }: LostCounts): void => {
    const what = whatRemains[result]
    const setting = nameOf(this.#settings, 'multiprocDir')
    const text =
      `worker ${forkNumber} (pid:${pid ?? 'unknown'}) was killed and ${what}: ` +
      `its counts since its last report are lost (see ${setting})`
    this.#losses.print(coded('GPE_COUNTS_LOST', text))
  }

  #attempted(error: unknown): void {
    if (error !== undefined) this.#countFaults()
    this.#note(error === undefined ? undefined : messageOf(error))
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
    const text = `${problem}; the crash files of workers are in ${dirname(path)} (see ${setting})`
    log.warn(coded('GPE_CRASH_FILES', text))
  }
}

/** Logs when errors begin and when they end. */
function changesOf(setting: string, hasStacks: boolean): (error: string | undefined) => void {
  const stacks = hasStacks ? ', and a worker that hangs shows no stack' : ''
  return failureChanges({
    onFailing: (error) =>
      log.warn(
        coded(
          'GPE_CRASH_FILES',
          'the directory for crash files cannot be made, trying again; a killed worker without ' +
            'counts in memory loses its last second, and a last report that is too large for the ' +
            `IPC channel is lost${stacks}: ${error} (see ${setting})`,
        ),
      ),
    onRecovered: () =>
      log.warn(coded('GPE_RECOVERED', `the directory for crash files is ready (see ${setting})`)),
  })
}
