import type { ManagedWorker } from '../worker/managed-worker.ts'
import type { Generation } from './generation.ts'
import type { WorkerPool } from './worker-pool.ts'

/** The replacement of single workers: a worker serves until its replacement serves. */
export class Replacement {
  readonly #pool: WorkerPool

  constructor(pool: WorkerPool) {
    this.#pool = pool
  }

  /** Retires the replaced worker of a generation that is whole without this worker. */
  finish({ number }: Generation): void {
    const { replaced } = this.#pool
    if (replaced?.generation !== number) return
    this.#pool.finishReplacement()
    replaced.retire(replaced.leaveCause)
  }

  /**
   * Starts the next replacement in a generation.
   * @param isWhole whether the wanted number of workers serves.
   * @returns whether a new worker is wanted.
   */
  start(generation: Generation, isWhole: boolean, wanted: number): boolean {
    if (this.#pool.replaced) return false
    const next = this.#next(generation, isWhole)
    if (!next) return false
    // A worker that grows at once must not fork without end.
    const isTooLarge = next.leaveCause === 'max_memory'
    if (isTooLarge && next.hasLivedShortly) generation.boots.livedShortly(wanted)
    this.#pool.replace(next)
    return true
  }

  /** SIGTERM to a worker waits neither for other workers nor for the end of a replaced worker. */
  #next({ number, settings }: Generation, isWhole: boolean): ManagedWorker | undefined {
    const spent = this.#pool.members(number).filter(({ state }) => state === 'spent')
    const asked = spent.find(({ leaveCause }) => leaveCause === 'quit')
    if (asked || !isWhole) return asked
    const isEnding = ownCauses.some((cause) => this.#pool.isAnyRetiring(cause))
    return isEnding && settings.gracefulTimeoutMs > 0 ? undefined : spent[0]
  }
}

const ownCauses = ['max_requests', 'max_memory'] as const
