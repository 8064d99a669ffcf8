import type { ChildProcess } from 'node:child_process'
import type { Cluster, Worker } from 'node:cluster'
import { collectLimits } from '../../limits/collect.ts'
import type { ClusterEvent } from '../../model/cluster-event.ts'
import type { WorkerCause } from '../../model/worker-cause.ts'
import { type Clock, nodeClock } from '../../support/clock.ts'
import { isRecord } from '../../support/guards.ts'
import { unixNow } from '../../support/intrinsics/unix-now.ts'
import { guardedListener } from '../../support/listeners/guarded-listener.ts'
import { keepFirstListener } from '../../support/listeners/kept-listener.ts'
import { type Stop, stopAll } from '../../support/stop.ts'
import { observeForks } from './forks.ts'

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
 * Reports the forks and ends of a primary's workers. Listens on the child processes and not on
 * `cluster` and its workers: applications remove all listeners there, to fork no more workers.
 */
export class ClusterCollector {
  readonly #cluster: Cluster
  readonly #options: ClusterOptions
  readonly #clock: Clock
  readonly #stopForks: Stop
  /** By fork number, until the end is reported; bounded by the live workers. */
  readonly #workers = new Map<number, Stop[]>()
  // The live workers bound both collections. An ended worker stays for `retirementTimeoutMs` at
  // most.
  readonly #endings = new Map<number, Ending>()
  readonly #disconnected = new Set<number>()

  constructor(cluster: Cluster, options: ClusterOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#clock = options.clock ?? nodeClock
    const onFault = (): void => options.onFault('fork')
    this.#stopForks = observeForks(cluster, (worker) => this.#forked(worker), onFault)
  }

  stop(): void {
    this.#stopForks()
    for (const stops of this.#workers.values()) stopAll(stops)
    this.#workers.clear()
  }

  #forked(worker: Worker): void {
    const { id: forkNumber, process: child } = worker
    // The system refused to start the process. Node emits 'error', and no end follows.
    if (child.pid === undefined || this.#workers.has(forkNumber)) return
    this.#follow(worker)
    this.#options.onWorker(forkNumber, child)
    const isRoundRobin = this.#cluster.schedulingPolicy === this.#cluster.SCHED_RR
    const at = unixNow()
    this.#options.onEvent({ kind: 'forked', forkNumber, at, pid: child.pid, isRoundRobin })
  }

  /** Before the listeners of the application: an error there would skip the later listeners. */
  #follow(worker: Worker): void {
    const { id: forkNumber, process: child } = worker
    const { onEvent, onFault, causeOf } = this.#options
    const listen = guardedListener(onFault, keepFirstListener)
    this.#workers.set(forkNumber, [
      listen(child, 'internalMessage', (message: unknown) => {
        if (isListening(message)) onEvent({ kind: 'listening', forkNumber })
      }),
      listen(child, 'disconnect', () => this.#disconnecting(worker)),
      listen(child, 'exit', (code: number | null, signal: string | null) =>
        this.#exited(worker, { code, signal, cause: causeOf?.(forkNumber) }),
      ),
    ])
  }

  #disconnecting(worker: Worker): void {
    this.#disconnected.add(worker.id)
    const report = (at: number): void =>
      this.#options.onEvent({ kind: 'leaving', forkNumber: worker.id, at })
    const now = unixNow()
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
    stopAll(this.#workers.get(worker.id) ?? [])
    this.#workers.delete(worker.id)
    this.#report('ended', worker, ending)
  }

  #report(kind: 'exited' | 'ended', worker: Worker, ending: Ending): void {
    const [forkNumber, at, voluntary] = [worker.id, unixNow(), isVoluntary(worker)]
    this.#options.onEvent({ kind, forkNumber, at, ...ending, voluntary })
  }
}

function isVoluntary({ exitedAfterDisconnect }: Worker): boolean {
  return exitedAfterDisconnect === true
}

/** The message of a worker for which Node emits `listening` on `cluster`. */
function isListening(message: unknown): boolean {
  return isRecord(message) && message['cmd'] === 'NODE_CLUSTER' && message['act'] === 'listening'
}
