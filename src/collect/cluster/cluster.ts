import type { ChildProcess } from 'node:child_process'
import type { Cluster, Worker } from 'node:cluster'
import { collectLimits } from '../../limits/collect.ts'
import type { ClusterEvent } from '../../model/cluster-event.ts'
import type { WorkerCause } from '../../model/worker-cause.ts'
import { type Clock, nodeClock } from '../../support/clock.ts'
import { guardedListener } from '../../support/guarded-listener.ts'
import { type Stop, stopAll } from '../../support/stop.ts'

export interface ClusterOptions {
  readonly onEvent: (event: ClusterEvent) => void
  /** Called for every forked worker before the first message of the worker. */
  readonly onWorker: (forkNumber: number, child: ChildProcess) => void
  readonly onFault: (component: string) => void
  /** Why a master ended this worker. Called after the worker has ended. */
  readonly causeOf?: ((forkNumber: number) => WorkerCause | undefined) | undefined
  /** Default: the clock of Node. */
  readonly clock?: Clock
}

interface Ending {
  readonly code: number | null
  readonly signal: string | null
  readonly cause: WorkerCause | undefined
}

/**
 * Reports the forks and ends of a primary's workers. Listens on `cluster` and changes no worker.
 */
export class ClusterCollector {
  readonly #cluster: Cluster
  readonly #options: ClusterOptions
  readonly #clock: Clock
  readonly #stops: Stop[]
  // The live workers bound both collections. An ended worker stays for `retirementTimeoutMs` at
  // most.
  readonly #endings = new Map<number, Ending>()
  readonly #disconnected = new Set<number>()

  constructor(cluster: Cluster, options: ClusterOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#clock = options.clock ?? nodeClock
    const listen = guardedListener(options.onFault)
    this.#stops = [
      listen(cluster, 'fork', (worker: Worker) => this.#forked(worker)),
      listen(cluster, 'listening', ({ id }: Worker) =>
        options.onEvent({ kind: 'listening', forkNumber: id }),
      ),
      listen(cluster, 'disconnect', (worker: Worker) => this.#disconnecting(worker)),
      listen(cluster, 'exit', (worker: Worker, code: number | null, signal: string | null) =>
        this.#exited(worker, { code, signal, cause: options.causeOf?.(worker.id) }),
      ),
    ]
  }

  stop(): void {
    stopAll(this.#stops)
  }

  #forked({ id, process: child }: Worker): void {
    // The system refused to start the process. Node emits 'error', and no end follows.
    if (child.pid === undefined) return
    this.#options.onWorker(id, child)
    const isRoundRobin = this.#cluster.schedulingPolicy === this.#cluster.SCHED_RR
    const at = Date.now()
    this.#options.onEvent({ kind: 'forked', forkNumber: id, at, pid: child.pid, isRoundRobin })
  }

  #disconnecting(worker: Worker): void {
    this.#disconnected.add(worker.id)
    const report = (at: number): void =>
      this.#options.onEvent({ kind: 'leaving', forkNumber: worker.id, at })
    const now = Date.now()
    if (this.#endings.has(worker.id)) {
      this.#retire(worker)
      return
    }
    this.#options.onEvent({ kind: 'disconnected', forkNumber: worker.id })
    if (isVoluntary(worker)) report(now)
    // The channel of a killed worker closes just before the exit. Such a worker is not leaving.
    else
      this.#clock.after(collectLimits.leavingTimeoutMs, () => {
        if (this.#disconnected.has(worker.id)) report(now)
      })
  }

  #exited(worker: Worker, ending: Ending): void {
    this.#endings.set(worker.id, ending)
    this.#report('exited', worker, ending)
    // Queued messages arrive before 'disconnect'. Node 24 emits 'disconnect' after 'exit'.
    const isDrained = this.#disconnected.has(worker.id) || !worker.process.connected
    if (isDrained) this.#retire(worker)
    else this.#clock.after(collectLimits.retirementTimeoutMs, () => this.#retire(worker))
  }

  #retire(worker: Worker): void {
    const ending = this.#endings.get(worker.id)
    if (!ending) return
    this.#endings.delete(worker.id)
    this.#disconnected.delete(worker.id)
    this.#report('ended', worker, ending)
  }

  #report(kind: 'exited' | 'ended', worker: Worker, ending: Ending): void {
    const [forkNumber, at, voluntary] = [worker.id, Date.now(), isVoluntary(worker)]
    this.#options.onEvent({ kind, forkNumber, at, ...ending, voluntary })
  }
}

function isVoluntary({ exitedAfterDisconnect }: Worker): boolean {
  return exitedAfterDisconnect === true
}
