import type { Worker } from 'node:cluster'
import type { WorkersDirectory } from '../files/workers-directory.ts'
import type { UncaughtError } from '../model/death.ts'
import type { ReportStream } from '../model/report-stream.ts'
import { nodeClock } from '../support/clock.ts'
import { guardedListener } from '../support/listeners/guarded-listener.ts'
import { type Stop, stopAll } from '../support/stop.ts'
import { beforeDisconnect } from './before-disconnect.ts'
import { type FromPrimary, ipcTransport, listenToPrimary } from './ipc.ts'
import { leaveLastReport } from './last-report/leave-last-report.ts'
import { ownSource } from './own-source.ts'
import { followPrimaryEnd } from './primary-end.ts'
import type { Source } from './report.ts'
import { answerReportQuestions } from './report-question.ts'
import { Reporter, type ReporterOptions } from './reporter.ts'

export interface WorkerReporterOptions
  extends Pick<ReporterOptions, 'collect' | 'collectNow' | 'onFault' | 'limits'>,
    Partial<Pick<FromPrimary, 'onPageServer' | 'onResync'>> {
  /** This process, as `cluster.worker`. */
  readonly worker: Worker
  readonly stream: ReportStream
  /** Directory in which the primary reads last reports. Undefined: the primary reads none. */
  readonly directory: WorkersDirectory | undefined
  /** More about this process. */
  readonly facts?: () => Pick<Source, 'hasOwnSdk' | 'memoryRefusal'>
  readonly warn: (text: string) => void
  /** Called before each of the last reports, when the process ends. */
  readonly beforeLast?: () => void
  /** The uncaught error that may end the process. */
  readonly uncaughtError?: () => UncaughtError | undefined
}

/**
 * Reports the changes of a cluster worker to the primary: about once a second, when the worker
 * ends, and when the worker disconnects.
 */
export class WorkerReporter {
  readonly #reporter: Reporter
  readonly #stops: Stop[]

  constructor(given: WorkerReporterOptions) {
    const { worker, stream, directory, warn, beforeLast, uncaughtError, facts, ...options } = given
    const { id: forkNumber } = worker
    const leave = leaveLastReport({ forkNumber, directory, warn })
    const reporter = new Reporter({
      ...options,
      transport: ipcTransport(leave, stream),
      source: () => ({ role: 'worker', forkNumber, ...ownSource, ...facts?.() }),
      // A worker without reports looks hung.
      reportsWithoutChanges: true,
      // An SDK starts in the middle of the application. The preload starts before.
      reportsAtOnce: stream === 'preload',
    })
    const atExit = (code: number): void => {
      beforeLast?.()
      // With code 0, the application survived its errors and ended as planned.
      reporter.flush(code === 0 ? undefined : uncaughtError?.())
    }
    const onResync = (): void => {
      given.onResync?.()
      reporter.resetBaseline()
    }
    const listen = guardedListener(options.onFault)
    this.#reporter = reporter
    this.#stops = [
      () => reporter.stop(),
      listen(process, 'exit', atExit),
      listenToPrimary({ ...options, onResync }, stream),
      answerReportQuestions(() => reporter.report(), { stream, onFault: options.onFault }),
      beforeDisconnect(() => reporter.flush()),
      followPrimaryEnd({
        endsWithChannel: () => endsWithChannel(worker),
        // The primary takes the report that the worker leaves before it closes the channel.
        beforeEnd: () => beforeLast?.(),
        leave: () => reporter.flush(),
        later: (act) => nodeClock.after(0, act),
        onFault: options.onFault,
      }),
    ]
  }

  /** The next report contains all values and the source. */
  resetBaseline(): void {
    this.#reporter.resetBaseline()
  }

  /** Reports the changes. See `Reporter.report`. */
  report(): Promise<void> {
    return this.#reporter.report()
  }

  /** Reports the changes synchronously. Sends no report afterwards. */
  stop(): void {
    this.#reporter.flush()
    stopAll(this.#stops)
  }
}

/** Node ends a worker that loses its channel, unless the worker has asked for the disconnect. */
function endsWithChannel(worker: Worker): boolean {
  // `kill()` in the worker waits for the end of the channel. Node 20 to 26 have this state.
  return !worker.exitedAfterDisconnect || Reflect.get(worker, 'state') === 'destroying'
}
