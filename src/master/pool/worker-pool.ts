import type { WorkerCause } from '../../model/worker-cause.ts'
import type { ManagedWorker } from '../worker/managed-worker.ts'

/** The workers of a master by fork number. At a replacement, the pool holds old and new workers. */
export class WorkerPool {
  /** Bounded by twice the wanted workers, and the ending workers. */
  readonly #workers = new Map<number, ManagedWorker>()
  /** The worker with a replacement: a single worker at a time, so that the others serve. */
  #replaced: ManagedWorker | undefined

  add(forkNumber: number, worker: ManagedWorker): void {
    this.#workers.set(forkNumber, worker)
  }

  get(forkNumber: number): ManagedWorker | undefined {
    return this.#workers.get(forkNumber)
  }

  delete(forkNumber: number): void {
    this.#workers.delete(forkNumber)
  }

  all(): readonly ManagedWorker[] {
    return [...this.#workers.values()]
  }

  /** Workers of a generation that neither end nor get a replacement. */
  members(generation: number): readonly ManagedWorker[] {
    return this.#living(generation).filter((worker) => worker !== this.#replaced)
  }

  booting(generation?: number): readonly ManagedWorker[] {
    const isAsked = (worker: ManagedWorker): boolean =>
      generation === undefined || worker.generation === generation
    return this.all().filter((worker) => worker.state === 'booting' && isAsked(worker))
  }

  /** Members that serve, the oldest first. */
  serving(generation: number): readonly ManagedWorker[] {
    return this.members(generation).filter(({ state }) => state !== 'booting')
  }

  /** The same, with a worker that waits for its replacement. */
  listening(generation: number): readonly ManagedWorker[] {
    return this.#living(generation).filter(({ state }) => state !== 'booting')
  }

  /** A fork before the end of a hung worker would count as an additional worker. */
  hungCount(generation: number): number {
    return this.all().filter((worker) => worker.isHung && worker.generation === generation).length
  }

  get haveAllEnded(): boolean {
    return this.all().every(({ state }) => state === 'ended')
  }

  get isAnyServing(): boolean {
    return this.all().some(
      ({ state }) => state === 'serving' || state === 'spent' || state === 'retiring',
    )
  }

  isAnyRetiring(cause: WorkerCause): boolean {
    return this.all().some((worker) => worker.state === 'retiring' && worker.cause === cause)
  }

  get replaced(): ManagedWorker | undefined {
    return this.#replaced
  }

  /** Starts the replacement of a worker. */
  replace(worker: ManagedWorker): void {
    this.#replaced = worker
  }

  /** Ends the replacement in progress. */
  finishReplacement(): void {
    this.#replaced = undefined
  }

  #living(generation: number): readonly ManagedWorker[] {
    return this.all().filter((worker) => worker.generation === generation && !worker.isEnding)
  }
}

/**
 * The workers beyond a number: workers on fewer addresses first, then in the given order. A worker
 * that never listens counts as serving, and must not outlast a worker that listens.
 */
export function surplusOf(
  workers: readonly ManagedWorker[],
  size: number,
): readonly ManagedWorker[] {
  const byAddresses = [...workers].sort((one, other) => countOf(one) - countOf(other))
  return byAddresses.slice(0, Math.max(0, workers.length - size))
}

function countOf({ readiness }: ManagedWorker): number {
  return readiness.addresses.length
}
