import { setTimeout as sleep } from 'node:timers/promises'
import { exporterLimits } from '../limits/exporter.ts'
import type { Push } from '../push/push.ts'
import type { DirectoryPublisher } from '../share/directory/directory-publisher.ts'
import type { RedisShare } from '../share/redis-share.ts'
import type { Exporter } from './exporter.ts'

export interface ShutdownOptions {
  readonly exporter: Exporter
  readonly push: Push | undefined
  readonly share: RedisShare | undefined
  readonly directory: DirectoryPublisher | undefined
  /** Workers whose channels are closed. These write their last reports to files. */
  readonly forkNumbers: readonly number[]
  /** Becomes 1 at the end. The main thread waits for this value. */
  readonly done: Int32Array
}

/** Reads the workers' last reports, pushes and shares all metrics, and releases the main thread. */
export async function shutDown(options: ShutdownOptions): Promise<void> {
  const { exporter, push, share, directory, forkNumbers, done } = options
  try {
    await takeReports(exporter, forkNumbers)
    directory?.last()
    await Promise.all([push?.last(), share?.last()])
  } finally {
    Atomics.store(done, 0, 1)
    Atomics.notify(done, 0)
  }
}

/** A blocked worker writes no report, so that the wait has a limit. */
async function takeReports(exporter: Exporter, forkNumbers: readonly number[]): Promise<void> {
  const end = performance.now() + exporterLimits.lastReportsTimeoutMs
  for (let missing = exporter.takeLastReports(forkNumbers); missing.length > 0; ) {
    if (performance.now() > end) return
    await sleep(exporterLimits.lastReportsPollMs)
    missing = exporter.takeLastReports(missing)
  }
}
