import type { WorkerRecord } from './worker-record.ts'

/** Workers by state. */
export interface WorkerCounts {
  /** Whether the exporter's own process serves requests, alone or beside workers. */
  readonly own: 'none' | 'serving' | 'hanging'
  /** Whether the primary listens and hands sockets to its workers. */
  readonly handsOver: boolean
  /** Whether the master ends soon: load balancers have to choose other processes. */
  readonly isClosing: boolean
  /** Whether a worker has taken connections, now or earlier. */
  readonly haveListened: boolean
  /** Workers that listen and report. */
  readonly listening: number
  /** Listening workers to which connections come without the primary. */
  readonly independent: number
  readonly hanging: number
  /** Workers that a signal or a debugger has stopped. */
  readonly stopped: number
  readonly live: number
  readonly configured: number
}

export interface Wanted extends Pick<WorkerCounts, 'handsOver' | 'isClosing' | 'haveListened'> {
  /** Workers that a master wants; undefined without a master. */
  readonly wanted: number | undefined
  /** Workers that ended unasked, without a replacement. */
  readonly failedUnreplaced: number
}

/** @param live the records without an end. */
export function countsOf(
  live: readonly WorkerRecord[],
  { handsOver, isClosing, haveListened, wanted, failedUnreplaced }: Wanted,
): WorkerCounts {
  const workers = live.filter(({ isForked }) => isForked)
  const own = live.find(({ isForked }) => !isForked)
  // A replaced worker and its replacement are one configured worker.
  const configured = workers.filter(({ presence }) => presence !== 'replaced').length
  const listening = workers.filter((worker) => worker.listening !== 'no' && !worker.silence)
  return {
    own: own ? (own.silence ? 'hanging' : 'serving') : 'none',
    handsOver,
    isClosing,
    haveListened,
    listening: listening.length,
    independent: listening.filter(({ needsPrimary }) => !needsPrimary).length,
    hanging: workers.filter(({ silence }) => silence?.kind === 'hanging').length,
    stopped: workers.filter(({ silence }) => silence?.kind === 'stopped').length,
    live: workers.length,
    configured: wanted ?? configured + failedUnreplaced,
  }
}
