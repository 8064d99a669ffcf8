import { stateLimits } from '../../limits/state.ts'
import { pageSize } from '../../support/process/page-size.ts'
import { type ProcessStat, readProcessStat } from '../../support/process/process-stat.ts'
import type { WorkerSnapshot } from '../workers/worker-snapshot.ts'

/** Figures of a worker's last report, bytes; undefined where the worker did not tell. */
export interface HeapFigures {
  readonly used: number | undefined
  /** Of the whole heap, as V8 tells. */
  readonly limit: number | undefined
  readonly residentMemory: number | undefined
}

/** The kernel's reading of a process. */
interface MemoryReading {
  /** Resident memory, bytes. */
  readonly bytes: number
  /** Milliseconds of the monotonic clock. */
  readonly at: number
}

/** A live worker, with the heap of its last report. */
export type HeapOwner = Pick<WorkerSnapshot, 'forkNumber' | 'pid' | 'reportAgeSeconds'> &
  Pick<HeapFigures, 'used' | 'limit'>

export interface HeapWatchOptions {
  /** Default: reads `/proc/<pid>/stat`. */
  readonly readStat?: ((pid: number) => ProcessStat | undefined) | undefined
  /** Most of the heap for young objects, bytes. Default: the default of this Node. */
  readonly youngBytes?: number
}

/**
 * Estimates how full a worker's heap was at its end. A worker that fills its heap does not report:
 * V8 collects garbage without a pause. The kernel still shows how the memory grows.
 */
export class HeapWatch {
  readonly #readStat: (pid: number) => ProcessStat | undefined
  readonly #youngBytes: number
  /** The last look, by fork number. Contains workers that have not ended. */
  readonly #seen = new Map<number, MemoryReading>()

  constructor({ readStat = readProcessStat, youngBytes = defaultYoungBytes }: HeapWatchOptions) {
    this.#readStat = readStat
    this.#youngBytes = youngBytes
  }

  /**
   * Reads the memory of workers that can fill their heap before the next report. Call this method
   * each `stateLimits.silenceCheckMs`.
   * @param now milliseconds of the monotonic clock.
   */
  look(workers: readonly HeapOwner[], now: number): void {
    for (const worker of workers) {
      const { forkNumber, pid } = worker
      if (!canFill(worker)) {
        this.#seen.delete(forkNumber)
        continue
      }
      const pages = pid === null ? undefined : this.#readStat(pid)?.rssPages
      // An ended process shows no memory. The last look counts.
      if (pages && bytesPerPage !== undefined) {
        this.#seen.set(forkNumber, { bytes: pages * bytesPerPage, at: now })
      }
    }
  }

  /** Resident memory at the last look, bytes. Undefined without a look since the given time. */
  memoryOf(forkNumber: number, since: number): number | undefined {
    const seen = this.#seen.get(forkNumber)
    return seen && seen.at > since ? seen.bytes : undefined
  }

  /** Call this method when the worker has ended. */
  forget(forkNumber: number): void {
    this.#seen.delete(forkNumber)
  }

  /**
   * The part of the limit that old objects had filled: at the last report, plus the growth of the
   * process since. Undefined without figures.
   */
  fillOf(forkNumber: number, { used, limit, residentMemory }: HeapFigures): number | undefined {
    if (used === undefined || limit === undefined || limit <= 0) return undefined
    const seen = this.#seen.get(forkNumber)?.bytes ?? 0
    const growth = residentMemory === undefined ? 0 : Math.max(0, seen - residentMemory)
    // A small limit of a flag is for old objects alone.
    return (used + growth) / Math.max(limit - this.#youngBytes, limit / 4)
  }
}

/** A read costs 20 to 125 µs. Most workers report in time, and have most of their heap free. */
function canFill({ used, limit, reportAgeSeconds }: HeapOwner): boolean {
  if (used === undefined || limit === undefined) return false
  const isLate = 1_000 * (reportAgeSeconds ?? 0) >= stateLimits.lateReportMs
  return isLate || limit - used < stateLimits.fillableHeapBytes
}

const bytesPerPage = pageSize()

/** Three semi-spaces of 16 MiB until V8 12, of 64 MiB since V8 13. Measured on Node 20 and 24. */
const defaultYoungBytes = (Number.parseInt(process.versions.v8, 10) < 13 ? 48 : 192) * 2 ** 20
