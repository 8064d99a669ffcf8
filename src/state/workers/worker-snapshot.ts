import {
  secondsBetween,
  stateOf,
  type WorkerRecord,
  type WorkerRecordState,
} from './worker-record.ts'

/** A live worker at one moment. */
export interface WorkerSnapshot {
  /** The fork number in the worker's reports; 0 for the exporter's own process. */
  readonly forkNumber: number
  /** Contains the second of the fork until the first report. */
  readonly workerId: string
  readonly pid: number | null
  readonly state: WorkerRecordState
  /** Whether requests reach the worker. Always true for a process that was not forked here. */
  readonly listening: boolean
  /** Time since the fork, or since the start of a process that was not forked here. */
  readonly ageSeconds: number
  /** Null before the first report. */
  readonly reportAgeSeconds: number | null
}

/** @param now Unix milliseconds. */
export function snapshot(record: WorkerRecord, workerId: string, now: number): WorkerSnapshot {
  const { forkNumber, forkedAt, pid, startSeconds, listening, lastReportAt } = record
  return {
    forkNumber: forkedAt === undefined ? 0 : forkNumber,
    workerId,
    pid: pid ?? null,
    state: stateOf(record),
    listening: forkedAt === undefined || listening !== 'no',
    ageSeconds: secondsBetween(forkedAt ?? startSeconds * 1_000, now),
    reportAgeSeconds: lastReportAt === undefined ? null : secondsBetween(lastReportAt, now),
  }
}
