import type { WorkerCause } from '../../model/worker-cause.ts'
import type { Generation } from './generation.ts'
import { Replacement } from './replacement.ts'
import type { WorkerForks } from './worker-forks.ts'
import { surplusOf, type WorkerPool } from './worker-pool.ts'

/** The workers that a generation has to have. */
export interface Target {
  readonly generation: Generation
  readonly size: number
  /** Why surplus workers end. */
  readonly cause: WorkerCause
}

interface WorkerKeeperOptions {
  readonly pool: WorkerPool
  readonly forks: Pick<WorkerForks, 'fork' | 'openChannels'>
  readonly wanted: () => number
  /** Whether the master forks. */
  readonly isOn: () => boolean
}

/** Forks and retires workers of a generation until the number is right. */
export class WorkerKeeper {
  readonly #options: WorkerKeeperOptions
  readonly #replacement: Replacement

  constructor(options: WorkerKeeperOptions) {
    this.#options = options
    this.#replacement = new Replacement(options.pool)
  }

  keep(target: Target): void {
    const { pool, wanted } = this.#options
    const { generation, size } = target
    this.#fill(target)
    this.#dropSurplus(target)
    const isWhole = pool.serving(generation.number).length >= size
    if (isWhole) this.#replacement.finish(generation)
    if (isWhole) this.#retireSurplus(target)
    if (this.#replacement.start(generation, isWhole, wanted())) this.#fill(target)
  }

  #fill({ generation, size }: Target): void {
    const { pool, forks, isOn } = this.#options
    const { number, boots } = generation
    const open = pool.hungCount(number) + forks.openChannels
    const missing = size - pool.members(number).length - open
    for (let count = 0; count < missing; count += 1) {
      if (boots.isPaused || !isOn()) return
      forks.fork(generation)
    }
  }

  /** Ends booting workers first: a booting worker can still fail. */
  #dropSurplus({ generation: { number }, size, cause }: Target): void {
    const { pool } = this.#options
    const surplus = pool.members(number).length - size
    const booting = [...pool.booting(number)].reverse()
    for (const worker of booting.slice(0, Math.max(0, surplus))) worker.drop(cause)
  }

  /** The oldest workers first, as gunicorn does. */
  #retireSurplus({ generation: { number }, size, cause }: Target): void {
    const surplus = surplusOf(this.#options.pool.serving(number), size)
    for (const worker of surplus) worker.retire(cause)
  }
}
