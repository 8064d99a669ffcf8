import type { WorkerRecord } from './worker-record.ts'

/** Workers by state. */
export interface WorkerCounts {
  /** Whether the exporter's own process listens, alone or beside workers. */
  readonly servesItself: boolean
  /** Whether the primary listens and hands sockets to its workers. */
  readonly handsOver: boolean
  readonly listening: number
  readonly live: number
  readonly configured: number
}

export interface Wanted extends Pick<WorkerCounts, 'handsOver'> {
  /** Workers that a master wants; undefined without a master. */
  readonly wanted: number | undefined
  /** Workers that ended unasked, without a replacement. */
  readonly failedUnreplaced: number
}

/** @param live the records without an end. */
export function countsOf(
  live: readonly WorkerRecord[],
  { handsOver, wanted, failedUnreplaced }: Wanted,
): WorkerCounts {
  const workers = live.filter(({ forkNumber }) => forkNumber > 0)
  // A replaced worker and its replacement are one configured worker.
  const configured = workers.filter(({ presence }) => presence !== 'replaced').length
  return {
    handsOver,
    servesItself: live.some(({ forkedAt }) => forkedAt === undefined),
    listening: workers.filter(({ listening }) => listening !== 'no').length,
    live: workers.length,
    configured: wanted ?? configured + failedUnreplaced,
  }
}
