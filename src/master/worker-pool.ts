import type { ManagedWorker } from './managed-worker.ts'

/** The workers of a master by fork number. At a replacement, the pool holds old and new workers. */
export class WorkerPool {
  /** Bounded by twice the wanted workers. */
  readonly #workers = new Map<number, ManagedWorker>()
  #generation = 0
  /** The spent worker with a replacement: a single worker at a time, so that the others serve. */
  #replaced: ManagedWorker | undefined

  /** Reloads of the application so far. */
  get generation(): number {
    return this.#generation
  }

  startGeneration(): void {
    this.#generation += 1
  }

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

  /** Workers of this generation that neither end nor get a replacement. */
  current(): readonly ManagedWorker[] {
    return this.all().filter(
      (worker) =>
        worker.generation === this.#generation && !worker.isEnding && worker !== this.#replaced,
    )
  }

  /** Workers of earlier generations. */
  old(): readonly ManagedWorker[] {
    return this.all().filter(({ generation }) => generation < this.#generation)
  }

  /** A fork before the end of a hung worker would count as an additional worker. */
  get hungCount(): number {
    return this.all().filter(({ isHung, generation }) => isHung && generation === this.#generation)
      .length
  }

  get haveAllEnded(): boolean {
    return this.all().every(({ state }) => state === 'ended')
  }

  get isAnyServing(): boolean {
    return this.all().some(
      ({ state }) => state === 'serving' || state === 'spent' || state === 'retiring',
    )
  }

  get replaced(): ManagedWorker | undefined {
    return this.#replaced
  }

  /** Starts the replacement of a spent worker. @returns whether a new worker is wanted. */
  replaceSpent(): boolean {
    if (this.#replaced) return false
    this.#replaced = this.current().find(({ state }) => state === 'spent')
    return this.#replaced !== undefined
  }

  /** Ends the replacement of an ended worker. */
  finishReplacement(worker: ManagedWorker): void {
    if (worker === this.#replaced) this.#replaced = undefined
  }
}
