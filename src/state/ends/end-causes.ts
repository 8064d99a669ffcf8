import { stateLimits } from '../../limits/state.ts'
import { catalog } from '../../model/catalog/catalog.ts'
import type { ClusterEvent } from '../../model/cluster-event.ts'
import type { EndCause } from '../../model/worker-cause.ts'
import type { WorkerSnapshot } from '../workers/worker-snapshot.ts'
import { HeapWatch, type HeapWatchOptions } from './heap-watch.ts'
import { OomKills } from './oom-kills.ts'

type Ended = Extract<ClusterEvent, { kind: 'ended' }>

export interface EndCausesOptions extends Pick<HeapWatchOptions, 'readStat'> {
  readonly oomCounterFile: string | undefined
  /** Milliseconds of the monotonic clock. */
  readonly now: () => number
}

/** Finds the causes of ends by SIGKILL and SIGABRT that no master sent. */
export class EndCauses {
  readonly #now: () => number
  readonly #oomKills: OomKills
  readonly #heaps: HeapWatch

  constructor({ oomCounterFile, readStat, now }: EndCausesOptions) {
    this.#now = now
    this.#oomKills = new OomKills(oomCounterFile)
    this.#heaps = new HeapWatch({ readStat })
  }

  /**
   * Reads the memory of live workers. Call this method each `stateLimits.silenceCheckMs`.
   * @param lastOf returns a value of a worker's last report, by the name of the metric.
   */
  look(
    workers: readonly WorkerSnapshot[],
    lastOf: (forkNumber: number, name: string) => number | undefined,
  ): void {
    this.#heaps.look(
      workers.map((worker) => ({
        ...worker,
        used: lastOf(worker.forkNumber, catalog.heapUsed.name),
        limit: lastOf(worker.forkNumber, catalog.heapLimit.name),
      })),
      this.#now(),
    )
  }

  /**
   * The kernel's last reading of a worker's memory, bytes. Undefined if the last report is newer.
   * Call this method before `explained`.
   */
  memoryOf(
    forkNumber: number,
    lastReportAt: number = Number.NEGATIVE_INFINITY,
  ): number | undefined {
    return this.#heaps.memoryOf(forkNumber, lastReportAt)
  }

  /** @param lastOf returns a value of the worker's last report, by the name of the metric. */
  explained(ended: Ended, lastOf: (name: string) => number | undefined): Ended {
    const { signal, cause: known } = ended
    // Also for a kill by the master: the kernel's count belongs to earlier ends.
    if (signal === 'SIGKILL') this.#oomKills.update(this.#now())
    const cause = known ?? this.#causeOf(ended, lastOf)
    this.#heaps.forget(ended.forkNumber)
    return cause === undefined ? ended : { ...ended, cause }
  }

  #causeOf(
    { forkNumber, signal }: Ended,
    lastOf: (name: string) => number | undefined,
  ): EndCause | undefined {
    if (signal === 'SIGKILL') return this.#oomKills.take() ? 'oom' : undefined
    // V8 ends a process with a full heap by SIGABRT.
    if (signal !== 'SIGABRT') return undefined
    const fill = this.#heaps.fillOf(forkNumber, {
      used: lastOf(catalog.heapUsed.name),
      limit: lastOf(catalog.heapLimit.name),
      residentMemory: lastOf(catalog.memory.name),
    })
    return fill !== undefined && fill >= stateLimits.fullHeapShare ? 'heap' : undefined
  }
}
