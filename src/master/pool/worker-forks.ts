import type { Cluster, Worker } from 'node:cluster'
import { masterLimits } from '../../limits/master.ts'
import { coded } from '../../model/errors/coded-text.ts'
import { messageOf } from '../../support/error-message.ts'
import { keepListener } from '../../support/listeners/kept-listener.ts'
import { hookServer, hookWorkerOf } from '../hooks/hooks.ts'
import { agentEnvironment } from '../worker/agent-settings.ts'
import { ManagedWorker } from '../worker/managed-worker.ts'
import type { MasterOverview } from '../worker/overview.ts'
import type { ManagedWorkerOptions, WorkerContext } from '../worker/worker-context.ts'
import type { Generation } from './generation.ts'
import { OpenChannels } from './open-channels.ts'
import type { WorkerPool } from './worker-pool.ts'

export interface WorkerForksOptions
  extends Omit<WorkerContext, 'settings' | 'hooks'>,
    Pick<ManagedWorkerOptions, 'onChange' | 'heedsSignals'> {
  readonly cluster: Cluster
  readonly pool: WorkerPool
  /** The generation of a worker; undefined when the generation has ended. */
  readonly generationOf: (worker: ManagedWorker) => Generation | undefined
  readonly wanted: () => number
  readonly onBootTimeout: (worker: ManagedWorker) => void
  /** Called after a worker has ended before it served. */
  readonly onBootFailed: (generation: Generation) => void
  /** Called when too many boots of a generation in a row have failed. */
  readonly onHopeless: (failures: number) => void
  /** Called after the end of a worker. */
  readonly onEnded: () => void
}

/** What a master has done so far. */
export type ForkCounts = Pick<MasterOverview, 'spawned' | 'killed'>

/** Forks workers, and follows the workers to the end. */
export class WorkerForks {
  readonly #options: WorkerForksOptions
  readonly #openChannels = new OpenChannels()
  #forks = 0
  /** Workers that ended because the master asked. */
  #killed = 0

  constructor(options: WorkerForksOptions) {
    this.#options = options
  }

  /** Ended workers that the exporter still counts. */
  get openChannels(): number {
    return this.#openChannels.count
  }

  /** Forks, and ends that the master asked for. */
  get counts(): ForkCounts {
    return { spawned: this.#forks, killed: this.#killed }
  }

  start(): void {
    // A hook of the operator can remove all listeners of `cluster`.
    keepListener(
      this.#options.cluster,
      'exit',
      (worker: Worker, code: number | null, signal: string | null) =>
        this.#ended(worker, code, signal),
    )
  }

  fork(generation: Generation): void {
    const { cluster, wanted, log } = this.#options
    try {
      generation.hooks.call('preFork', hookServer, { age: this.#forks + 1 })
      // Node.js numbers a refused fork too.
      this.#forks += 1
      this.#add(cluster.fork(agentEnvironment(generation.settings)), generation)
    } catch (error) {
      // Node.js throws most errors of a fork, such as ENOMEM, and emits the others.
      log.write('error', coded('GPE_FORK_FAILED', `Cannot fork a worker: ${messageOf(error)}`))
      generation.boots.refused(wanted())
      this.#bootFailed(generation)
    }
  }

  #add(worker: Worker, generation: Generation): void {
    const { log, now, exporter, onChange, heedsSignals, pool } = this.#options
    const { number, settings, hooks } = generation
    const managed: ManagedWorker = new ManagedWorker({
      ...{ log, now, exporter, onChange, heedsSignals, worker, settings, hooks },
      generation: number,
      onBootTimeout: () => this.#options.onBootTimeout(managed),
      // A worker that is too large lives on while its replacement waits.
      onLasted: () =>
        managed.leaveCause === 'max_memory' || this.#options.generationOf(managed)?.boots.lasted(),
    })
    pool.add(worker.id, managed)
    worker.on('error', (error) => {
      // A message did not reach an ending worker, or a fork failed.
      log.write('debug', `Worker (pid:${worker.process.pid}): ${error.message}`)
      if (worker.process.pid === undefined) this.#noProcess(worker)
    })
    log.write('info', `Booting worker with pid: ${worker.process.pid}`)
    hooks.call('postFork', hookServer, hookWorkerOf(worker))
  }

  /** Node.js keeps a worker without a channel in `cluster.workers`: no event removes the worker. */
  #noProcess(worker: Worker): void {
    const { workers } = this.#options.cluster
    if (workers && !worker.isConnected()) Reflect.deleteProperty(workers, worker.id)
    this.#ended(worker, 1, null)
  }

  #ended({ id, process: child }: Worker, code: number | null, signal: string | null): void {
    const { pool, onChange, onEnded } = this.#options
    const worker = pool.get(id)
    if (!worker || worker.state === 'ended') return
    worker.ended(code, signal)
    if (worker.cause !== undefined) this.#killed += 1
    // The exporter calls `causeOf()` in the same event.
    setImmediate(() => pool.delete(id))
    if (worker === pool.replaced) pool.finishReplacement()
    this.#count(worker, signal)
    this.#openChannels.afterClose(child, onChange)
    onEnded()
  }

  #count(worker: ManagedWorker, signal: string | null): void {
    const { generationOf, wanted, pool, log } = this.#options
    const generation = generationOf(worker)
    if (!generation) return
    const { boots } = generation
    if (worker.hasFailedToBoot) this.#bootFailed(generation)
    else if (worker.hasLivedShortly) boots.livedShortly(wanted())
    if (boots.becameSlow(wanted())) log.write('warning', coded('GPE_CRASH_LOOP', slowText))
    if (!pool.isAnyServing) boots.shorten()
    // The sender can have signalled the whole process group: then the master is about to stop.
    if (isStopSignal(signal)) boots.waitFor(masterLimits.groupSignalMs)
  }

  #bootFailed(generation: Generation): void {
    const { boots } = generation
    const { pool, wanted, onBootFailed, onHopeless } = this.#options
    const isHopeless = boots.failed(wanted()) && !pool.isAnyServing
    // After WINCH, the master waits for the operator.
    if (isHopeless && wanted() > 0) onHopeless(boots.failures)
    else onBootFailed(generation)
  }
}

const slowText = `Workers end before they serve, or soon after. Pauses between forks grow up to ${
  masterLimits.longestForkPauseMs / 1_000
} s, or to ${masterLimits.longestPauseAloneMs / 1_000} s while no worker serves`

function isStopSignal(signal: string | null): boolean {
  return signal !== null && /^SIG(?:TERM|INT|QUIT|HUP)$/.test(signal)
}
