import type { ChildProcess } from 'node:child_process'
import { relayLimits } from '../limits/relay.ts'
import { listenToWorker, requestResync } from '../relay/ipc.ts'
import { askForReport, onReportAnswer } from '../relay/report-question.ts'
import { type Stop, stopAll } from '../support/stop.ts'
import { withTimeLimit } from '../support/time-limit.ts'

interface ReportingWorker {
  readonly process: ChildProcess
  readonly stop: Stop
  /** Resolve when the worker has reported, or has ended. */
  readonly waiting: (() => void)[]
}

/** The live workers of the primary, in a user's SDK. */
export class ReportingWorkers {
  /** By fork number. */
  readonly #workers = new Map<number, ReportingWorker>()
  #reports: Promise<unknown> | undefined

  /** @param onReport gets each report of the worker. */
  add(forkNumber: number, process: ChildProcess, onReport: (text: unknown) => void): void {
    const waiting: ReportingWorker['waiting'] = []
    const onReported = (): void => resolveAll(waiting)
    const stops = [
      listenToWorker(process, { onReport }, 'sdk'),
      onReportAnswer(process, { stream: 'sdk', onReported }),
    ]
    this.#workers.set(forkNumber, { process, stop: () => stopAll(stops), waiting })
  }

  /** The worker has ended. */
  release(forkNumber: number): void {
    const worker = this.#workers.get(forkNumber)
    if (!worker) return
    this.#workers.delete(forkNumber)
    worker.stop()
    resolveAll(worker.waiting)
  }

  requestResync(forkNumber: number): void {
    const worker = this.#workers.get(forkNumber)
    if (worker) requestResync(worker.process, 'sdk')
  }

  /**
   * Asks each worker for a report. Resolves when each worker has reported or ended, or after
   * `relayLimits.lastReportsMs`. A second call during the wait ends with the first. Never rejects.
   * Keeps no process alive.
   */
  async report(limitMs: number = relayLimits.lastReportsMs): Promise<void> {
    this.#reports ??= this.#askAll()
    const reports = this.#reports
    await withTimeLimit(reports, limitMs)
    if (this.#reports !== reports) return
    this.#reports = undefined
    // A worker that never answers would keep one function for each call.
    for (const { waiting } of this.#workers.values()) resolveAll(waiting)
  }

  clear(): void {
    for (const forkNumber of [...this.#workers.keys()]) this.release(forkNumber)
  }

  #askAll(): Promise<unknown> {
    const reports = Array.from(this.#workers.values(), async ({ process, waiting }) => {
      const reported = new Promise<void>((resolve) => waiting.push(resolve))
      askForReport(process, 'sdk')
      await reported
    })
    return Promise.allSettled(reports)
  }
}

function resolveAll(waiting: (() => void)[]): void {
  for (const resolve of waiting.splice(0)) resolve()
}
