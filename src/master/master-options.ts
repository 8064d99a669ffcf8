import type { Cluster } from 'node:cluster'
import type { GunicornLog } from '../log/gunicorn-log.ts'
import type { WorkerCause } from '../model/worker-cause.ts'
import type { HookCaller } from './hooks/hooks.ts'
import type { RunSettings } from './settings/run-settings.ts'
import type { ListeningSockets } from './sockets/listening-sockets.ts'
import type { Service } from './systemd/service.ts'
import type { ExporterView } from './worker/heartbeat.ts'

export interface MasterOptions {
  readonly cluster: Cluster
  readonly settings: RunSettings
  readonly hooks: HookCaller
  readonly log: GunicornLog
  readonly sockets: Pick<
    ListeningSockets,
    'closeUnused' | 'keepUnused' | 'setSuccessor' | 'stopAccepting'
  >
  /** Called when the number of wanted workers changes. */
  readonly onWanted: (count: number) => void
  /** Called when the master ends soon, and still accepts connections. */
  readonly onClosing: () => void
  readonly exporter: ExporterView
  /** Called when the newest code serves, and when the newest code has failed. */
  readonly onOutcome: (outcome: 'served' | 'failed') => void
  /** Called before the workers open their logs again. Must not throw. */
  readonly onReopen: () => void
  /** The service manager that hears of the master's states. */
  readonly service?: Pick<Service, 'serves' | 'reloadFailed' | 'setSuccessor' | 'ends'>
  /** Called once, when every worker has ended and the master forks no more. */
  readonly onEnd: (exitCode: number, cause: WorkerCause) => void
  /** The clock, milliseconds; default: `performance.now()`. */
  readonly now?: () => number
}
