import { stateLimits } from '../../limits/state.ts'
import {
  ProcessReadings,
  type ProcessReadingsOptions,
  type ProcessView,
} from './process-readings.ts'
import type { WorkerRecord } from './worker-record.ts'

/** The silence of one live worker, and the view of the worker from outside. */
export class WatchedWorker {
  readonly #record: WorkerRecord
  readonly #readStat: ProcessReadingsOptions['readStat']
  #readings: ProcessReadings | undefined
  #signAt: number | undefined
  #silentMs = 0

  constructor(record: WorkerRecord, readStat: ProcessReadingsOptions['readStat']) {
    this.#record = record
    this.#readStat = readStat
  }

  /** Time since the last report in which a report could arrive. */
  get silentMs(): number {
    return this.#silentMs
  }

  /** @param passedMs time since the last call in which a report could arrive. */
  pass(passedMs: number, now: number): void {
    const { lastSignAt } = this.#record
    if (lastSignAt === this.#signAt) {
      this.#silentMs += passedMs
      return
    }
    this.#signAt = lastSignAt
    this.#silentMs = credited(lastSignAt ?? now, now)
    this.#readings ??= this.#begin()
  }

  viewAt(now: number): ProcessView {
    return this.#readings?.at(now) ?? 'hidden'
  }

  #begin(): ProcessReadings {
    const { pid = 0, startTicks } = this.#record
    return new ProcessReadings({ pid, startTicks, readStat: this.#readStat })
  }
}

/** After a longer gap, one of the threads on the way of a report did not run. */
export function credited(since: number, now: number): number {
  return Math.min(now - since, stateLimits.observedGapMs)
}
