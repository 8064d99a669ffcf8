import { ownForkNumber } from '../../relay/report.ts'
import type { Silence } from './silence.ts'
import {
  secondsBetween,
  stateOf,
  type WorkerRecord,
  type WorkerRecordState,
} from './worker-record.ts'

/** A live worker at one moment. */
export interface WorkerSnapshot {
  /** The fork number of the worker's reports; `ownForkNumber` for the exporter's own process. */
  readonly forkNumber: number
  /** Contains the second of the fork until the first report. */
  readonly workerId: string
  readonly pid: number | null
  readonly state: WorkerRecordState
  /** Unix second at which the state began. */
  readonly stateSince: number
  /** Whether requests reach the worker. False for a worker that hangs. */
  readonly listening: boolean
  /** Time since the fork, or since the start of a process that was not forked here. */
  readonly ageSeconds: number
  /** Null before the first report. */
  readonly reportAgeSeconds: number | null
  /** Time since the last report, or since the last report that failed; null before both. */
  readonly silentSeconds: number | null
  /** Undefined while the worker reports. */
  readonly silence: Silence | undefined
}

/** @param now milliseconds of the monotonic clock. */
export function snapshot(record: WorkerRecord, workerId: string, now: number): WorkerSnapshot {
  const { forkNumber, isForked, bornAt, pid, listening, silence, ...times } = record
  return {
    forkNumber: isForked ? forkNumber : ownForkNumber,
    workerId,
    pid: pid ?? null,
    state: stateOf(record),
    stateSince: record.states.at(-1)?.since ?? record.startSeconds,
    listening: !silence && (!isForked || listening !== 'no'),
    ageSeconds: secondsBetween(bornAt, now),
    reportAgeSeconds: secondsSince(times.lastReportAt, now),
    silentSeconds: secondsSince(times.lastSignAt, now),
    silence,
  }
}

function secondsSince(at: number | undefined, now: number): number | null {
  return at === undefined ? null : secondsBetween(at, now)
}
