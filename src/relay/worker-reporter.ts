import type { Worker } from 'node:cluster'
import { startSeconds } from '../collect/process/own-worker-id.ts'
import { type Stop, stopAll } from '../support/stop.ts'
import { beforeDisconnect } from './before-disconnect.ts'
import { type FromPrimary, hearPrimary, ipcCarrier, type Line } from './ipc.ts'
import { leaveLastReport } from './last-report/leave-last-report.ts'
import type { Source } from './report.ts'
import { Reporter, type ReporterOptions } from './reporter.ts'

export interface WorkerReportsOptions
  extends Pick<ReporterOptions, 'collect' | 'collectNow' | 'onFault'>,
    Pick<FromPrimary, 'onDoor'> {
  /** This process, as `cluster` knows it. */
  readonly worker: Worker
  readonly line: Line
  /** Where the primary looks for last reports; undefined where it does not. */
  readonly multiprocDir: string | undefined
  /** What to tell of an SDK that the application brings. */
  readonly sdk?: () => Pick<Source, 'hasOwnSdk'>
  readonly warn: (text: string) => void
  /** Called before the last report of a process that ends. */
  readonly beforeLast?: () => void
}

/** What a cluster worker tells its primary: about once a second what changed, and the rest before it ends or disconnects. */
export class WorkerReports {
  readonly #reporter: Reporter
  readonly #stops: Stop[]

  constructor(given: WorkerReportsOptions) {
    const { worker, line, multiprocDir, warn, beforeLast, sdk, ...options } = given
    const { id: age } = worker
    const leave = leaveLastReport({ age, directory: multiprocDir, warn, line })
    const reporter = new Reporter({
      ...options,
      carrier: ipcCarrier(leave, line),
      source: () => ({ role: 'worker', age, startSeconds, pid: process.pid, ...sdk?.() }),
    })
    const atExit = (): void => {
      beforeLast?.()
      // A primary that ends first may have left in the channel what we sent last.
      const isCutOff = !process.connected && worker.exitedAfterDisconnect !== true
      if (isCutOff) reporter.startOver()
      reporter.flush()
    }
    process.on('exit', atExit)
    this.#reporter = reporter
    this.#stops = [
      () => reporter.stop(),
      () => process.off('exit', atExit),
      hearPrimary({ ...options, onResync: () => reporter.startOver() }, line),
      beforeDisconnect(() => reporter.flush()),
    ]
  }

  /** The next report says everything, and who it is, again. */
  startOver(): void {
    this.#reporter.startOver()
  }

  /** Tells what changed; resolves when the channel has it, or has not taken it for long. Never rejects. */
  report(): Promise<void> {
    return this.#reporter.report()
  }

  /** Tells, synchronously, what changed, and nothing any more. */
  stop(): void {
    this.#reporter.flush()
    stopAll(this.#stops)
  }
}
