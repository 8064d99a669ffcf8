import type { Cluster, Worker } from 'node:cluster'
import type { WorkerCause } from '../model/worker-cause.ts'
import { messageOf } from '../support/error-message.ts'
import { agentEnvironment } from './agent-settings.ts'
import { Boots } from './boots.ts'
import { type HookCaller, hookServer } from './hooks/hooks.ts'
import { ManagedWorker } from './managed-worker.ts'
import { OpenChannels } from './open-channels.ts'
import type { RunSettings } from './run-settings.ts'
import type { WorkerContext } from './worker-context.ts'
import { WorkerPool } from './worker-pool.ts'

export interface SupervisorOptions extends WorkerContext {
  readonly cluster: Cluster
  /** Called when the number of wanted workers changes. */
  readonly onWanted: (count: number) => void
  /** Called when the wanted number of workers serves: not only the first time. */
  readonly onReady: () => void
  /** Called when more forks are hopeless: too many boots in a row have failed. */
  readonly onHopeless: (failures: number) => void
  /** Called after the end of a worker. */
  readonly onEnded: () => void
}

type State =
  /** Keeps the wanted number of workers. */
  | 'on'
  /** All workers end, and no worker is wanted. */
  | 'resting'
  /** Forks no more. */
  | 'off'

/** Keeps the wanted number of workers running. Each event calls `#settle()`. */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #pool = new WorkerPool()
  readonly #boots = new Boots(() => this.#fork())
  readonly #openChannels = new OpenChannels()
  #settings: RunSettings
  #hooks: HookCaller
  #state: State = 'on'
  #wanted: number
  #forks = 0
  /** Whether any worker has listened: from then on, every worker has to listen. */
  #isListener = false

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#settings = options.settings
    this.#hooks = options.hooks
    this.#wanted = options.settings.workers
  }

  get pool(): Omit<WorkerPool, 'add' | 'delete'> {
    return this.#pool
  }

  get wanted(): number {
    return this.#wanted
  }

  start(): void {
    const { cluster } = this.#options
    cluster.on('listening', ({ id }) => {
      this.#isListener = true
      this.#pool.get(id)?.serves()
    })
    cluster.on('exit', (worker, code, signal) => this.#ended(worker, code, signal))
    this.#options.onWanted(this.#wanted)
    this.#settle()
  }

  want(count: number): void {
    this.#setWanted(count)
    this.#settle()
  }

  /** Forks workers that read the code again. The old workers retire when the new workers serve. */
  reload(settings: RunSettings, hooks: HookCaller): void {
    this.#settings = settings
    this.#hooks = hooks
    this.#pool.startGeneration()
    this.#boots.succeeded()
    // Booting workers have read old code. Several reloads in a row must not pile workers up.
    for (const worker of this.#pool.all()) worker.drop('hup')
    this.#setWanted(settings.workers)
    hooks.call('onReload', hookServer)
    this.#settle()
  }

  /** Wants no worker, until the next `want()` or `reload()`. */
  rest(cause: WorkerCause): void {
    this.#stopForks(cause)
    this.#setWanted(0)
    this.#state = 'resting'
  }

  /** Forks no more. */
  stop(cause: WorkerCause): void {
    this.#state = 'off'
    this.#stopForks(cause)
  }

  #setWanted(count: number): void {
    if (this.#state === 'resting') this.#state = 'on'
    const before = this.#wanted
    this.#wanted = count
    this.#options.onWanted(count)
    this.#hooks.call('nworkersChanged', hookServer, count, before)
  }

  #stopForks(cause: WorkerCause): void {
    this.#boots.stop()
    for (const worker of this.#pool.all()) worker.setCause(cause)
  }

  #settle(): void {
    if (this.#state !== 'on') return
    const current = this.#pool.current()
    const open = this.#pool.hungCount + this.#openChannels.count
    const first = current.length + this.#boots.waiting + open
    for (let count = first; count < this.#wanted; count += 1) this.#boots.forkSoon(this.#wanted)
    const serving = current.filter(({ state }) => state !== 'booting')
    this.#dropSurplus(current)
    if (serving.length < this.#wanted) return
    this.#options.onReady()
    this.#pool.replaced?.retire('max_requests')
    for (const worker of this.#pool.old()) worker.retire('hup')
    // The oldest workers first, as gunicorn does.
    for (const worker of serving.slice(0, serving.length - this.#wanted)) worker.retire('ttou')
    if (this.#pool.replaceSpent()) this.#settle()
  }

  /** Ends booting workers first: a booting worker can still fail. */
  #dropSurplus(current: readonly ManagedWorker[]): void {
    const surplus = current.length + this.#boots.waiting - this.#wanted
    const dropped = surplus - this.#boots.cancel(surplus)
    const booting = current.filter(({ state }) => state === 'booting').reverse()
    for (const worker of booting.slice(0, Math.max(0, dropped))) worker.drop('ttou')
  }

  #fork(): void {
    // A refused fork can have ended the master while other forks waited.
    if (this.#state !== 'on') return
    try {
      this.#hooks.call('preFork', hookServer, { age: this.#forks + 1 })
      // Node.js numbers a refused fork too.
      this.#forks += 1
      this.#add(this.#options.cluster.fork(agentEnvironment(this.#settings)))
    } catch (error) {
      // Node.js throws most errors of a fork, such as ENOMEM, and emits the others.
      this.#options.log.write('error', `Cannot fork a worker: ${messageOf(error)}`)
      this.#bootFailed()
      if (this.#state === 'on') this.#boots.forkAgain(this.#wanted)
    }
  }

  #add(worker: Worker): void {
    const { log, now, exporter } = this.#options
    const managed = new ManagedWorker({
      ...{ log, now, exporter },
      worker,
      generation: this.#pool.generation,
      settings: this.#settings,
      hooks: this.#hooks,
      onChange: () => {
        this.#boots.succeeded()
        this.#settle()
      },
      isListener: () => this.#isListener,
      onNoProcess: () => this.#noProcess(worker),
    })
    this.#pool.add(worker.id, managed)
  }

  /** Node.js keeps a worker without a channel in `cluster.workers`: no event removes the worker. */
  #noProcess(worker: Worker): void {
    const { workers } = this.#options.cluster
    if (workers && !worker.isConnected()) Reflect.deleteProperty(workers, worker.id)
    this.#ended(worker, 1, null)
  }

  #ended({ id, process: child }: Worker, code: number | null, signal: string | null): void {
    const worker = this.#pool.get(id)
    if (!worker || worker.state === 'ended') return
    worker.ended(code, signal)
    // The exporter calls `causeOf()` in the same event.
    setImmediate(() => this.#pool.delete(id))
    this.#pool.finishReplacement(worker)
    if (worker.hasFailedToBoot) this.#bootFailed()
    this.#openChannels.afterClose(child, () => this.#settle())
    this.#options.onEnded()
  }

  #bootFailed(): void {
    const isHopeless = this.#boots.failed(this.#wanted)
    if (!isHopeless || this.#pool.isAnyServing || this.#state === 'off') return
    this.#options.onHopeless(this.#boots.failures)
  }
}
