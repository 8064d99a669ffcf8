import type { Cluster } from 'node:cluster'
import type { WorkerCause } from '../../model/worker-cause.ts'
import { type HookCaller, hookServer } from '../hooks/hooks.ts'
import type { RunSettings } from '../settings/run-settings.ts'
import type { WorkerNumbers } from '../systemd/status-text.ts'
import type { ManagedWorker } from '../worker/managed-worker.ts'
import type { MasterOverview } from '../worker/overview.ts'
import type { WorkerContext } from '../worker/worker-context.ts'
import { Admission } from './admission.ts'
import { BootDeadlines } from './boot-deadlines.ts'
import type { Generation } from './generation.ts'
import { Generations } from './generations.ts'
import type { Reload } from './reload.ts'
import { WorkerForks } from './worker-forks.ts'
import { WorkerKeeper } from './worker-keeper.ts'
import { WorkerPool } from './worker-pool.ts'

export interface SupervisorOptions extends WorkerContext {
  readonly cluster: Cluster
  /** Called when the number of wanted workers changes. */
  readonly onWanted: (count: number) => void
  /** Called when the wanted number of workers serves: not only the first time. */
  readonly onReady: () => void
  /** Called when the workers from before a reload stay. */
  readonly onReloadFailed: (reason: string) => void
  /** Called when more forks are hopeless: too many boots in a row have failed. */
  readonly onHopeless: (failures: number) => void
  /** Called after the end of a worker. */
  readonly onEnded: () => void
}

type State =
  /** Keeps the wanted number of workers. */
  | 'on'
  /** The same, shortly before the end: signals to workers are the master's business. */
  | 'closing'
  /** Forks no more. */
  | 'off'

/** Keeps the wanted number of workers running. Each event calls `#settle()`. */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #pool = new WorkerPool()
  readonly #admission = new Admission(this.#pool)
  readonly #generations: Generations
  readonly #forks: WorkerForks
  readonly #keeper: WorkerKeeper
  readonly #deadlines: BootDeadlines
  #state: State = 'on'
  #wanted: number
  #reloads = 0

  constructor(options: SupervisorOptions) {
    const { settings, hooks, onHopeless, log } = options
    this.#options = options
    this.#wanted = settings.workers
    const [pool, admission] = [this.#pool, this.#admission]
    const [onChange, wanted] = [(): void => this.#settle(), (): number => this.#wanted]
    const onReloadTimeout = (reload: Reload): void => this.#reloadTimedOut(reload)
    this.#generations = new Generations({ pool, onDue: onChange, onReloadTimeout }, settings, hooks)
    this.#forks = new WorkerForks({
      ...{ ...options, pool, wanted, onChange },
      generationOf: (worker) => this.#generations.of(worker),
      heedsSignals: () => this.#state === 'on',
      onBootTimeout: (worker) => this.#bootTimedOut(worker),
      onBootFailed: (generation) => this.#bootFailed(generation),
      onHopeless: (failures) => this.#state !== 'off' && onHopeless(failures),
    })
    const isOn = (): boolean => this.#state !== 'off'
    this.#keeper = new WorkerKeeper({ pool, forks: this.#forks, wanted, isOn })
    const serves = (worker: ManagedWorker): void => this.#serves(worker)
    this.#deadlines = new BootDeadlines({ pool, admission, log, serves })
  }

  get pool(): Omit<WorkerPool, 'add' | 'delete'> {
    return this.#pool
  }

  get wanted(): number {
    return this.#wanted
  }

  get numbers(): WorkerNumbers {
    const states = this.#pool.all().map(({ state }) => state)
    return {
      serving: states.filter((state) => state === 'serving' || state === 'spent').length,
      wanted: this.#wanted,
      living: states.filter((state) => state !== 'ended').length,
    }
  }

  /** For the control socket. */
  get overview(): Omit<MasterOverview, 'settings' | 'isServing'> {
    const workers = this.#pool.all().flatMap(({ overview, state }) => {
      return overview === undefined || state === 'ended' ? [] : [overview]
    })
    return { wanted: this.#wanted, reloads: this.#reloads, ...this.#forks.counts, workers }
  }

  start(): void {
    this.#forks.start()
    this.#options.onWanted(this.#wanted)
    this.#settle()
  }

  want(count: number): void {
    // With fewer workers, another worker can be the one to retire.
    if (count < this.#wanted) this.#pool.finishReplacement()
    this.#setWanted(count)
    this.#settle()
  }

  /** Forks workers that read the code again. The old workers retire when the new workers serve. */
  reload(settings: RunSettings, hooks: HookCaller): void {
    this.#reloads += 1
    this.#generations.start(settings, hooks, this.#wanted)
    this.#setWanted(settings.workers)
    hooks.call('onReload', hookServer)
    this.#settle()
  }

  /** Retires all workers, and wants none until `want()` or `reload()`. */
  rest(cause: WorkerCause): void {
    this.#generations.stop()
    this.#setWanted(0)
    for (const worker of this.#pool.booting()) worker.drop(cause)
    for (const worker of this.#pool.all()) worker.retire(cause)
  }

  /** Leaves signals to workers to the master, which is about to stop. */
  close(): void {
    if (this.#state === 'on') this.#state = 'closing'
  }

  /** Forks no more. */
  stop(cause: WorkerCause): void {
    this.#state = 'off'
    this.#generations.stop()
    for (const worker of this.#pool.all()) worker.setCause(cause)
  }

  #setWanted(count: number): void {
    const before = this.#wanted
    this.#wanted = count
    this.#options.onWanted(count)
    this.#generations.current.hooks.call('nworkersChanged', hookServer, count, before)
  }

  #settle(): void {
    if (this.#state === 'off') return
    const generations = this.#generations
    for (const worker of this.#pool.booting()) {
      if (this.#admission.isReady(worker, generations.reload)) this.#serves(worker)
    }
    if (this.#isWhole) generations.finishReload()
    for (const target of generations.targets(this.#wanted)) this.#keeper.keep(target)
    if (this.#isWhole) this.#options.onReady()
  }

  /** Whether the wanted number of workers of the newest generation serves. */
  get #isWhole(): boolean {
    return this.#pool.serving(this.#generations.current.number).length >= this.#wanted
  }

  #serves(worker: ManagedWorker): void {
    const { current, reload } = this.#generations
    worker.serves()
    this.#generations.of(worker)?.boots.succeeded()
    if (worker.generation === current.number) reload?.stop()
  }

  #bootTimedOut(worker: ManagedWorker): void {
    const { current, reload } = this.#generations
    // A reload has a deadline of its own.
    const isOfReload = reload && worker.generation === current.number
    if (this.#state === 'off' || isOfReload) return
    const hasFailed = this.#deadlines.workerTimedOut(worker)
    if (hasFailed) this.#generations.of(worker)?.boots.failed(this.#wanted)
    this.#settle()
  }

  /** In development, the next change of a file is the next attempt. */
  #bootFailed(generation: Generation): void {
    const { current, reload } = this.#generations
    if (reload && generation === current && current.settings.fileReload) {
      this.#reloadTimedOut(reload)
    }
  }

  #reloadTimedOut(reload: Reload): void {
    const { current } = this.#generations
    if (this.#deadlines.reloadTimedOut(reload, current)) {
      const reason = this.#deadlines.tellFailure(reload, current)
      this.#generations.failReload(reload)
      this.#options.onReloadFailed(reason)
      this.#setWanted(reload.wantedBefore)
    }
    this.#settle()
  }
}
