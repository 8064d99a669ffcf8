import type { Worker } from 'node:cluster'
import type { ReportStream } from '../model/report-stream.ts'
import { startSeconds } from '../support/process-identity.ts'
import { type Stop, stopAll } from '../support/stop.ts'
import { beforeDisconnect } from './before-disconnect.ts'
import { type FromPrimary, ipcTransport, listenToPrimary } from './ipc.ts'
import { leaveLastReport } from './last-report/leave-last-report.ts'
import type { Source } from './report.ts'
import { Reporter, type ReporterOptions } from './reporter.ts'

export interface WorkerReporterOptions
  extends Pick<ReporterOptions, 'collect' | 'collectNow' | 'onFault'>,
    Pick<FromPrimary, 'onPageServer'> {
  /** This process, as `cluster` knows it. */
  readonly worker: Worker
  readonly line: ReportStream
  /** Where the primary looks for last reports; undefined where it does not. */
  readonly multiprocDir: string | undefined
  /** What to tell of an SDK that the application brings. */
  readonly sdk?: () => Pick<Source, 'hasOwnSdk'>
  readonly warn: (text: string) => void
  /** Called before the last report of a process that ends. */
  readonly beforeLast?: () => void
}

/** What a cluster worker tells its primary: about once a second what changed, and the rest before it ends or disconnects. */
export class WorkerReporter {
  readonly #reporter: Reporter
  readonly #stops: Stop[]

  constructor(given: WorkerReporterOptions) {
    const { worker, line, multiprocDir, warn, beforeLast, sdk, ...options } = given
    const { id: forkNumber } = worker
    const leave = leaveLastReport({ forkNumber: forkNumber, directory: multiprocDir, warn, line })
    const reporter = new Reporter({
      ...options,
      transport: ipcTransport(leave, line),
      source: () => ({
        role: 'worker',
        forkNumber: forkNumber,
        startSeconds,
        pid: process.pid,
        ...sdk?.(),
      }),
    })
    const atExit = (): void => {
      beforeLast?.()
      // A primary that ends first may have left in the channel what we sent last.
      const isCutOff = !process.connected && worker.exitedAfterDisconnect !== true
      if (isCutOff) reporter.resetBaseline()
      reporter.flush()
    }
    process.on('exit', atExit)
    this.#reporter = reporter
    this.#stops = [
      () => reporter.stop(),
      () => process.off('exit', atExit),
      listenToPrimary({ ...options, onResync: () => reporter.resetBaseline() }, line),
      beforeDisconnect(() => reporter.flush()),
    ]
  }

  /** The next report says everything, and who it is, again. */
  resetBaseline(): void {
    this.#reporter.resetBaseline()
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
