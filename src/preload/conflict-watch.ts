import type { Server } from 'node:net'
import { workerCluster } from '../collect/cluster/forks.ts'
import { StrayServers } from '../collect/servers/stray-servers.ts'
import type { Settings } from '../config/settings.ts'
import { log } from '../log/log.ts'
import { strayText } from '../model/stray.ts'

export interface StrayWatchOptions {
  /** Whether a server does not belong to the application. */
  readonly ignores: (server: Server) => boolean
  readonly onFault: (component: string) => void
}

/** Warns the operator once about each kind of application server that stands in the way of the metrics. */
export class StrayWatch {
  readonly #options: StrayWatchOptions
  #hasStarted = false

  constructor(options: StrayWatchOptions) {
    this.#options = options
  }

  /** Starts at the first call. @param name the process in the warning, for example `worker 3`. */
  start({ bindAddress, metricsPort }: Settings, name: string): void {
    if (this.#hasStarted) return
    this.#hasStarted = true
    new StrayServers({
      endpoint: { host: bindAddress, port: bindAddress.startsWith('unix:') ? 0 : metricsPort },
      isWorker: workerCluster() !== undefined,
      ignores: this.#options.ignores,
      onStray(stray) {
        const who = `${name} (pid ${process.pid}) of the application`
        log.warn(strayText({ ...stray, who }))
      },
      onFault: this.#options.onFault,
    })
  }
}
