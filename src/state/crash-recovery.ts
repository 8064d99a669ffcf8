import type { CrashCounts } from '../crash-file/reader.ts'
import { catalog } from '../model/catalog/catalog.ts'
import { declared, labelled } from '../model/catalog/declared.ts'
import type { Metric } from '../model/metric.ts'
import type { Aggregator } from './aggregator.ts'
import type { CrashSafeSource } from './cluster-state-options.ts'

export type RecoveryResult = 'read' | 'missing' | 'refused' | 'unreadable'

/** Adds counts that ended workers left in memory or in files. No report contains these counts. */
export class CrashRecovery {
  readonly #crashFiles: CrashSafeSource | undefined
  readonly #aggregator: Aggregator
  readonly #results = { read: 0, missing: 0, refused: 0, unreadable: 0 }

  /** @param crashFiles undefined where workers write none. */
  constructor(crashFiles: CrashSafeSource | undefined, aggregator: Aggregator) {
    this.#crashFiles = crashFiles
    this.#aggregator = aggregator
  }

  /** @returns undefined where workers write no crash files. */
  take(forkNumber: number): ReturnType<CrashSafeSource['take']> | undefined {
    return this.#crashFiles?.take(forkNumber)
  }

  /**
   * @param pid null where the primary does not know the worker's pid.
   * @param counts by `take`.
   */
  recover(
    forkNumber: number,
    pid: number | null,
    counts: ReturnType<CrashSafeSource['take']> | undefined = this.take(forkNumber),
  ): RecoveryResult | undefined {
    if (counts === undefined) return undefined
    const result = typeof counts === 'string' ? counts : this.#apply(forkNumber, pid, counts)
    this.#results[result] += 1
    return result
  }

  /** After the last `take` of an ended worker. */
  release(forkNumber: number): void {
    this.#crashFiles?.release?.(forkNumber)
  }

  metric(): Metric {
    const points = this.#crashFiles
      ? labelled(new Map(Object.entries(this.#results)), 'result')
      : []
    return declared(catalog.exporterCrashFiles, points)
  }

  #apply(forkNumber: number, pid: number | null, { source, metrics }: CrashCounts): RecoveryResult {
    if (source.forkNumber !== forkNumber || (pid !== null && source.pid !== pid)) return 'refused'
    return this.#aggregator.raise(forkNumber, source, metrics) ? 'read' : 'refused'
  }
}
