import type { Server } from 'node:net'
import { workerCluster } from '../collect/cluster/forks.ts'
import { ServerConflicts } from '../collect/servers/server-conflicts.ts'
import { nameOf } from '../config/setting-names.ts'
import type { Settings } from '../config/settings.ts'
import { log } from '../log/log.ts'
import { conflictText } from '../model/server-conflict.ts'
import { startedExporterPort } from '../otel/started-exporter.ts'

export interface ConflictWatchOptions {
  /** Whether a server does not belong to the application. */
  readonly ignores: (server: Server) => boolean
  readonly onFault: (component: string) => void
}

/**
 * Warns the operator once about each kind of application server that conflicts with the endpoint.
 */
export class ConflictWatch {
  readonly #options: ConflictWatchOptions
  #hasStarted = false

  constructor(options: ConflictWatchOptions) {
    this.#options = options
  }

  /** Starts at the first call. @param name the process in the warning, for example `worker 3`. */
  start(settings: Settings, name: string): void {
    if (this.#hasStarted) return
    this.#hasStarted = true
    const { bindAddress, metricsPort } = settings
    const setting = nameOf(settings, 'metricsPort')
    new ServerConflicts({
      endpoint: { host: bindAddress, port: bindAddress.startsWith('unix:') ? 0 : metricsPort },
      isWorker: workerCluster() !== undefined,
      exporterPort: startedExporterPort(),
      ignores: this.#options.ignores,
      onConflict(conflict) {
        const subject = `${name} (pid ${process.pid}) of the application`
        log.warn(conflictText({ ...conflict, subject, setting }))
      },
      onFault: this.#options.onFault,
    })
  }
}
