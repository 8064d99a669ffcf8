import { setTimeout as sleep } from 'node:timers/promises'
import { exporterLimits } from '../limits/exporter.ts'
import { hasProcessEnded } from '../support/process/process-identity.ts'
import type { Exporter } from './exporter.ts'

/** A worker that its primary still knows when the primary ends. */
export interface EndingWorker {
  readonly forkNumber: number
  readonly pid: number
  /**
   * `exited`: the primary has seen the exit.
   * `told`: the worker knows that its primary ends, and ends too.
   * `detached`: the worker disconnected before, and can serve open connections for long.
   * `unheard`: the worker has sent no report. The worker runs without the preload, or just starts.
   */
  readonly state: 'exited' | 'told' | 'detached' | 'unheard'
}

type Limits = Readonly<
  Record<'lastReportsTimeoutMs' | 'detachedTimeoutMs' | 'lastReportsPollMs', number>
>

export interface EndingWorkersOptions {
  readonly exporter: Pick<Exporter, 'takeLastReport' | 'recoverCounts'>
  /** Default: `exporterLimits`. */
  readonly limits?: Limits | undefined
  /** Default: the processes of the system. */
  readonly hasEnded?: ((pid: number) => boolean) | undefined
}

/**
 * Takes the counts of the workers from their last reports and crash files. Waits for each worker
 * until its last report is there, or until the process has ended. A worker that neither reports
 * nor ends has a time limit. The crash file of such a worker is read while the worker lives.
 */
export async function takeEndingWorkers(
  workers: readonly EndingWorker[],
  options: EndingWorkersOptions,
): Promise<void> {
  const { exporter, limits = exporterLimits } = options
  const began = performance.now()
  let pending = workers
  for (;;) {
    const waited = performance.now() - began
    const later = pending.filter((worker) => {
      const isLate = waited > timeoutOf(worker, limits)
      return !isComplete(worker, options) && !isLate
    })
    for (const { forkNumber } of pending.filter((worker) => !later.includes(worker)))
      exporter.recoverCounts(forkNumber)
    pending = later
    if (pending.length === 0) return
    await sleep(limits.lastReportsPollMs)
  }
}

/** Whether nothing more will come from the worker. Takes its last report. */
function isComplete(
  { forkNumber, pid, state }: EndingWorker,
  { exporter, hasEnded = hasProcessEnded }: EndingWorkersOptions,
): boolean {
  // First the state, then the file: a worker writes the file before it ends.
  const isGone = state === 'exited' || state === 'unheard' || hasEnded(pid)
  const result = exporter.takeLastReport(forkNumber)
  return result === 'taken' || result === 'none' || (result === 'missing' && isGone)
}

function timeoutOf({ state }: EndingWorker, limits: Limits): number {
  return state === 'detached' ? limits.detachedTimeoutMs : limits.lastReportsTimeoutMs
}
