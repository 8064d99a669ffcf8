import type { HookCaller } from '../hooks/hooks.ts'
import type { RunSettings } from '../settings/run-settings.ts'
import type { ManagedWorker } from '../worker/managed-worker.ts'
import { Generation } from './generation.ts'
import { Reload } from './reload.ts'
import type { Target } from './worker-keeper.ts'
import { surplusOf, type WorkerPool } from './worker-pool.ts'

interface GenerationsOptions {
  readonly pool: WorkerPool
  /** Called at the end of a pause between forks. */
  readonly onDue: () => void
  /** Called when no worker of a reload has become ready for the time of a boot. */
  readonly onReloadTimeout: (reload: Reload) => void
}

/** The generation of the workers and, during a reload, the generation before. */
export class Generations {
  readonly #options: GenerationsOptions
  #count = 0
  #current: Generation
  #reload: Reload | undefined

  constructor(options: GenerationsOptions, settings: RunSettings, hooks: HookCaller) {
    this.#options = options
    this.#current = this.#next(settings, hooks)
  }

  /** The newest generation. */
  get current(): Generation {
    return this.#current
  }

  /** The replacement of the generation before, in progress. */
  get reload(): Reload | undefined {
    return this.#reload
  }

  /** The generation of a worker; undefined when the generation has ended. */
  of({ generation }: ManagedWorker): Generation | undefined {
    return [this.#current, this.#reload?.base].find((each) => each?.number === generation)
  }

  targets(wanted: number): readonly Target[] {
    const { pool } = this.#options
    const current = this.#current
    const reload = this.#reload
    if (!reload) return [{ generation: current, size: wanted, cause: 'ttou' }]
    const ready = pool.serving(current.number).length
    const baseSize = reload.baseSize(wanted, ready)
    const isEnding = pool.isAnyRetiring('hup') || pool.serving(reload.base.number).length > baseSize
    // Without a graceful timeout, an open stream would hold the reload for ever.
    const isWaiting = isEnding && current.settings.gracefulTimeoutMs > 0
    const size = reload.nextSize(wanted, ready, isWaiting)
    if (size > ready) reload.watch()
    else reload.stop()
    return [
      { generation: current, size, cause: 'ttou' },
      { generation: reload.base, size: baseSize, cause: 'hup' },
    ]
  }

  /** Starts a generation. The serving workers stay until the new workers serve. */
  start(settings: RunSettings, hooks: HookCaller, wanted: number): void {
    const { pool, onReloadTimeout } = this.#options
    const wantedBefore = this.#reload?.wantedBefore ?? wanted
    const base = this.#gatherBase(Math.max(wantedBefore, wanted, settings.workers))
    const size = pool.members(base.number).length
    this.#current = this.#next(settings, hooks)
    if (size === 0) return
    const reload: Reload = new Reload({
      ...{ base, size, settings, wantedBefore },
      onTimeout: () => onReloadTimeout(reload),
    })
    this.#reload = reload
  }

  /** The new generation serves: the generation before retires. */
  finishReload(): void {
    const { pool } = this.#options
    const base = this.#reload?.base
    this.#endReload()
    if (!base) return
    if (pool.replaced?.generation === base.number) pool.finishReplacement()
    for (const worker of pool.booting(base.number)) worker.drop('hup')
    for (const worker of pool.members(base.number)) worker.retire('hup')
  }

  /** The generation before goes on. New workers that serve stay where old workers have ended. */
  failReload({ base, wantedBefore }: Reload): void {
    const { pool } = this.#options
    const { number, boots } = this.#current
    boots.stop()
    this.#endReload()
    for (const worker of pool.booting(number)) worker.quit('hup')
    for (const worker of pool.listening(number)) worker.generation = base.number
    this.#current = base
    this.#retireNewest(base, wantedBefore)
  }

  /** Stops everything that would fork later. */
  stop(): void {
    this.#current.boots.stop()
    this.#options.pool.finishReplacement()
    this.#endReload()
  }

  #next(settings: RunSettings, hooks: HookCaller): Generation {
    this.#count += 1
    return new Generation({ number: this.#count, settings, hooks, onDue: this.#options.onDue })
  }

  #endReload(): void {
    this.#reload?.stop()
    this.#reload?.base.boots.stop()
    this.#reload = undefined
  }

  #retireNewest({ number }: Generation, size: number): void {
    const newestFirst = [...this.#options.pool.members(number)].reverse()
    for (const worker of surplusOf(newestFirst, size)) worker.retire('hup')
  }

  /** Makes the serving workers one generation. */
  #gatherBase(most: number): Generation {
    const { pool } = this.#options
    const before = this.#reload?.base
    const { number } = this.#current
    this.stop()
    // Booting workers have read old code. Several reloads in a row must not pile workers up.
    for (const worker of pool.booting()) worker.drop('hup')
    const base = before && pool.members(before.number).length > 0 ? before : this.#current
    for (const worker of pool.members(number)) worker.generation = base.number
    this.#retireNewest(base, most)
    return base
  }
}
