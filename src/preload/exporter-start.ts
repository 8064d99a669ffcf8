import type { Settings } from '../config/settings.ts'
import type { ConflictWatch } from './conflict-watch.ts'
import { PrimaryRuntime, type PrimaryRuntimeOptions } from './primary.ts'
import { exporterRuntime, setProcessState } from './process-state.ts'

export interface ExporterStartOptions extends Pick<PrimaryRuntimeOptions, 'metrics' | 'onFault'> {
  readonly conflicts: ConflictWatch
}

type RuntimeOptions = Pick<PrimaryRuntimeOptions, 'forkNumber' | 'upgrades'>

export const mainProcess = 'the main process'

/** Starts the exporter thread of this process. */
export class ExporterStart {
  readonly #options: ExporterStartOptions

  constructor(options: ExporterStartOptions) {
    this.#options = options
  }

  /** Starts the thread unless the thread runs. */
  now(settings: Settings, options: RuntimeOptions = {}): PrimaryRuntime {
    const known = exporterRuntime()
    if (known) return known
    const { metrics, conflicts, onFault } = this.#options
    conflicts.start(settings, mainProcess)
    const runtime = new PrimaryRuntime({ settings, metrics, onFault, ...options })
    setProcessState({ kind: 'alone', settings, runtime })
    return runtime
  }
}
