import type { CountsPlace } from '../crash-file/counts-place.ts'
import type { CrashFiles } from '../crash-file/store.ts'
import type { Death } from '../model/death.ts'
import type { MergeSettings } from '../model/merging/merge-rules.ts'
import type { LastReports } from '../relay/last-report/last-report.ts'
import type { Source } from '../relay/report.ts'
import type { RecoveryResult } from './crash-recovery.ts'
import type { HangsOptions } from './hangs.ts'
import type { SilenceWatchOptions } from './workers/silence-watch.ts'

/** The counts of a worker since its last report. */
export interface LostCounts {
  readonly forkNumber: number
  readonly pid: number | null
  readonly result: Exclude<RecoveryResult, 'read'>
}

/** What killed workers leave. */
export interface CrashSafeSource extends Pick<CrashFiles, 'take'> {
  /** Called after the last `take` of an ended worker. */
  readonly release?: (forkNumber: number) => void
}

export interface ClusterStateOptions extends MergeSettings, Omit<SilenceWatchOptions, 'now'> {
  /** `worker_1 … worker_n`, reused by replacements, instead of `worker_<age>_<start>`. */
  readonly usesSlots: boolean
  /** Series over all sources. The state leaves out further series. */
  readonly maxSeries: number
  /**
   * Time that counters and histograms of an ended worker stay, milliseconds. Default:
   * `stateLimits.retentionMs`.
   */
  readonly retentionMs?: number | undefined
  /** Undefined where workers leave no last reports. */
  readonly lastReports: LastReports | undefined
  /** Undefined where workers keep no counts for the case of a sudden end. */
  readonly crashFiles: CrashSafeSource | undefined
  /** Where a live worker keeps its counts. Undefined where nobody knows. */
  readonly countsPlaceOf?: ((forkNumber: number) => CountsPlace) | undefined
  /** Stacks of processes that hang. Undefined where no process takes stacks. */
  readonly hangs?: HangsOptions | undefined
  /** File with the kernel's count of out-of-memory kills; undefined without such a count. */
  readonly oomCounterFile: string | undefined
  /**
   * This process, as a source without workers. The process can hang before its first report.
   * Undefined if the state is on the main thread, which cannot hang and look at the same time.
   */
  readonly own?: Source | undefined
  /** Unix second since which the cluster's totals count. */
  readonly epochSeconds: number
  /** Asks the source with the fork number for a report of all metrics. */
  readonly resync: (forkNumber: number) => void
  /** Called once for each worker that ended. */
  readonly onDeath: (death: Death) => void
  /** Called with a worker that was killed, and whose counts since its last report are lost. */
  readonly onLostCounts?: ((lost: LostCounts) => void) | undefined
  /** Called with the name of a metric of the application that is left out as reserved. */
  readonly onReservedName?: ((name: string) => void) | undefined
  /** Milliseconds of a monotonic clock. Default: the clock of Node. */
  readonly now?: (() => number) | undefined
}
