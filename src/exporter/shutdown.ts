import { setTimeout as sleep } from 'node:timers/promises'
import { exporterLimits } from '../limits/exporter.ts'
import type { Push } from '../push/push.ts'
import type { DirectoryPublisher } from '../share/directory/directory-publisher.ts'
import type { RedisShare } from '../share/redis-share.ts'
import type { Exporter } from './exporter.ts'
import type { ThreadHandOver } from './thread-hand-over.ts'

export interface ShutdownOptions {
  readonly exporter: Pick<Exporter, 'takeLastReports'>
  readonly push: Push | undefined
  readonly share: Pick<RedisShare, 'last'> | undefined
  readonly directory: Pick<DirectoryPublisher, 'last'> | undefined
  readonly handOver: Pick<ThreadHandOver, 'last'>
  /** Workers with closed channels. Each writes a last report to a file. */
  readonly forkNumbers: readonly number[]
  /** Becomes 1 at the end. The main thread waits for this value. */
  readonly done: Int32Array
  /** Default: `exporterLimits`. */
  readonly limits?: ShutdownLimits
}

type ShutdownLimits = Readonly<Record<'lastReportsTimeoutMs' | 'lastReportsPollMs', number>>

/** Reads the workers' last reports, pushes and shares all metrics, and releases the main thread. */
export async function shutDown(options: ShutdownOptions): Promise<void> {
  const { push, share, directory, handOver, done } = options
  try {
    await takeReports(options)
    directory?.last()
    await Promise.all([push?.last(), share?.last(), handOver.last()])
  } finally {
    Atomics.store(done, 0, 1)
    Atomics.notify(done, 0)
  }
}

/** A blocked worker writes no report, so that the wait has a limit. */
async function takeReports(options: ShutdownOptions): Promise<void> {
  const { exporter, forkNumbers, limits = exporterLimits } = options
  const end = performance.now() + limits.lastReportsTimeoutMs
  for (let missing = exporter.takeLastReports(forkNumbers); missing.length > 0; ) {
    if (performance.now() > end) return
    await sleep(limits.lastReportsPollMs)
    missing = exporter.takeLastReports(missing)
  }
}
