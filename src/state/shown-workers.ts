import type { CountsPlace } from '../crash-file/counts-place.ts'
import type { Standstill } from '../model/hang.ts'
import { ownForkNumber } from '../relay/report.ts'
import type { Aggregator } from './aggregator.ts'
import type { ClusterStateOptions } from './cluster-state-options.ts'
import type { Hangs } from './hangs.ts'
import type { SilentWorkers } from './silent-workers.ts'
import { type WorkerStatus, workerStatus } from './worker-status.ts'
import { lastValuesOf } from './workers/last-values.ts'
import { standstillOf } from './workers/silence.ts'
import type { WorkerRegistry } from './workers/worker-registry.ts'

/** The parts of a cluster's state that know something about live workers. */
export interface WorkerFacts extends Pick<ClusterStateOptions, 'countsPlaceOf'> {
  readonly workers: WorkerRegistry
  readonly aggregator: Aggregator
  readonly silent: SilentWorkers
  readonly hangs: Hangs
  readonly now: () => number
}

/** Live workers and the primary as `/status`, the live page and `ctl` show them. */
export class ShownWorkers {
  readonly #facts: WorkerFacts

  constructor(facts: WorkerFacts) {
    this.#facts = facts
  }

  /** Live workers with last values. */
  all(): WorkerStatus[] {
    const { workers, aggregator, hangs, now } = this.#facts
    return workers.snapshots(now()).map((snapshot) => {
      const { forkNumber } = snapshot
      const lastValues = lastValuesOf((name) => aggregator.valueOf(forkNumber, name))
      const [stack, counts] = [hangs.of(forkNumber), this.#countsPlaceOf(forkNumber)]
      return workerStatus(snapshot, lastValues, { stack, counts })
    })
  }

  /** The primary's standstill; null while its event loop turns, undefined without a primary. */
  get primaryHang(): Standstill | null | undefined {
    const { workers, silent, hangs } = this.#facts
    if (!workers.isPrimary) return undefined
    const silence = silent.primaryHangs
      ? ({ kind: 'hanging', figures: undefined } as const)
      : undefined
    return standstillOf(silence, silent.primarySilenceSeconds, hangs.of(ownForkNumber))
  }

  /** Null for the process of the state itself. */
  #countsPlaceOf(forkNumber: number): CountsPlace | null {
    if (forkNumber === ownForkNumber) return null
    const found = this.#facts.countsPlaceOf?.(forkNumber)
    const told = this.#facts.aggregator.identityOf(forkNumber)?.memoryRefusal
    if (!found || found.place === 'memory' || told === undefined) return found ?? null
    return { ...found, notInMemory: told }
  }
}
