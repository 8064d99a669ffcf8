import type { CountsPlace } from '../crash-file/counts-place.ts'
import type { Hang, Standstill } from '../model/hang.ts'
import { isoTime } from '../support/iso-time.ts'
import type { LastValues } from './workers/last-values.ts'
import { figuresOf, standstillOf } from './workers/silence.ts'
import type { WorkerSnapshot } from './workers/worker-snapshot.ts'

/** A live worker on `/status`. */
export interface WorkerStatus
  extends Omit<WorkerSnapshot, 'forkNumber' | 'stateSince' | 'silence' | 'silentSeconds'>,
    Pick<LastValues, 'requests' | 'memoryBytes'> {
  /** ISO 8601, UTC. */
  readonly stateSince: string | null
  /** Null while the worker reports. */
  readonly hang: Standstill | null
  /** The kernel's figures of a worker that hangs; null where the system does not show them. */
  readonly kernel: {
    readonly processState: string
    readonly cpuPercent: number | null
  } | null
  /** Null for a process without a primary that reads the counts. */
  readonly counts: CountsPlace | null
}

interface Known extends Pick<WorkerStatus, 'counts'> {
  /** Null where no stack was taken. */
  readonly stack: Hang | null
}

/** @param lastValues of the worker's last report. */
export function workerStatus(
  { forkNumber, stateSince, silence, silentSeconds, ...snapshot }: WorkerSnapshot,
  { requests, memoryBytes }: LastValues,
  { stack, counts }: Known,
): WorkerStatus {
  const figures = figuresOf(silence)
  const { processState, cpuPercent = null } = figures ?? {}
  return {
    ...snapshot,
    stateSince: isoTime(1_000 * stateSince),
    requests,
    memoryBytes: silence ? (figures?.memoryBytes ?? null) : memoryBytes,
    hang: standstillOf(silence, silentSeconds, stack),
    kernel: processState === undefined ? null : { processState, cpuPercent },
    counts,
  }
}
