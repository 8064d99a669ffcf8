import type { GunicornLog } from '../../log/gunicorn-log.ts'
import { coded } from '../../model/errors/coded-text.ts'
import type { WorkerCause } from '../../model/worker-cause.ts'
import { workerEnd } from '../../model/worker-end.ts'
import { type HookCaller, type HookWorker, hookServer } from '../hooks/hooks.ts'
import type { ExporterView } from './heartbeat.ts'

/** The end of a worker. The pid is 0 where the system started no process. */
export interface EndOfWorker {
  readonly worker: HookWorker
  readonly code: number | null
  readonly signal: string | null
  /** Why the worker ended; undefined for an end of its own. */
  readonly cause: WorkerCause | undefined
  /** Whether the master asked for the end, or the worker finished its requests. */
  readonly isExpected: boolean
}

interface Listeners {
  readonly log: Pick<GunicornLog, 'write'>
  readonly hooks: HookCaller
  readonly exporter: ExporterView
}

/** Tells the log and the hooks that a worker has ended. */
export function tellEnd(
  { worker, code, signal, cause, isExpected }: EndOfWorker,
  { log, hooks, exporter }: Listeners,
): void {
  const why = cause ? ` (${cause})` : ''
  const how = `${signal ? `by signal ${signal}` : `with code ${code}`}${why}`
  const { reason, restartType } = workerEnd(code, signal, cause)
  // Each death has one line. The exporter's line has more detail.
  const isTold = restartType !== 'graceful' && worker.pid !== 0 && exporter.tellsDeaths()
  const isOrderly = cause !== undefined && restartType === 'graceful'
  const text = `Worker (pid:${worker.pid || undefined}) ended ${how}`
  if (!isTold) {
    if (isExpected || isOrderly) log.write('info', text)
    else log.write('error', coded('GPE_WORKER_DIED', text))
  }
  const ended = { ...worker, reason }
  hooks.call('workerExit', hookServer, ended)
  hooks.call('childExit', hookServer, ended)
}
