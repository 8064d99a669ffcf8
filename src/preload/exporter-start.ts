import type { Settings } from '../config/settings.ts'
import { attempt } from './advice/attempt.ts'
import type { ConflictWatch } from './conflict-watch.ts'
import { PrimaryRuntime, type PrimaryRuntimeOptions } from './primary.ts'
import { exporterRuntime, processState, setProcessState, startedExporter } from './process-state.ts'
import { startLater } from './thread/later-start.ts'
import { isShownElsewhere } from './thread/thread-data.ts'

export interface ExporterStartOptions extends Pick<PrimaryRuntimeOptions, 'metrics' | 'onFault'> {
  readonly conflicts: ConflictWatch
}

type RuntimeOptions = Pick<PrimaryRuntimeOptions, 'forkNumber' | 'upgrades'>

export const mainProcess = 'the main process'

/** Starts the exporter thread of this process. */
export class ExporterStart {
  readonly #options: ExporterStartOptions
  /** A start in a later turn would tell the same error once more. */
  #hasFailed = false

  constructor(options: ExporterStartOptions) {
    this.#options = options
  }

  /** Starts the thread unless the thread runs. */
  now(settings: Settings, options: RuntimeOptions = {}): PrimaryRuntime {
    const known = exporterRuntime()
    if (known) return known
    const { metrics, conflicts, onFault } = this.#options
    conflicts.start(settings, mainProcess)
    try {
      const runtime = new PrimaryRuntime({ settings, metrics, onFault, ...options })
      setProcessState({ kind: 'alone', settings, runtime })
      return runtime
    } catch (error) {
      this.#hasFailed = true
      throw error
    }
  }

  /**
   * Starts the thread in a later turn of the event loop, unless the thread runs. The collectors
   * count already, and no request waits for the thread.
   */
  later(settings: Settings, options: RuntimeOptions = {}): void {
    if (this.#hasFailed || processState().kind === 'starting' || startedExporter()) return
    this.#options.conflicts.start(settings, mainProcess)
    const begin = startLater({
      start: () => {
        // A failed start is not repeated.
        setProcessState({ kind: 'ready', settings })
        return this.now(settings, options)
      },
      inTurn: attempt,
      atExit: (start) => {
        if (isShownElsewhere(settings)) start().pushLast()
      },
      onFault: this.#options.onFault,
    })
    setProcessState({ kind: 'starting', settings, begin })
  }
}
