import type { ChildProcess } from 'node:child_process'
import type { ToThread } from '../../exporter/thread-message.ts'
import { log } from '../../log/log.ts'
import type { ClusterEvent } from '../../model/cluster-event.ts'
import { listenToWorker, requestResync, sendPageServer } from '../../relay/ipc.ts'
import type { PageServerAddress } from '../../relay/page-server-address.ts'
import type { KnownWorker } from '../../relay/primary-end.ts'
import { ownForkNumber } from '../../relay/report.ts'
import { monotonicNow } from '../../support/intrinsics/monotonic-now.ts'
import { LastingEvents } from './lasting-events.ts'
import { SilentWorkers } from './silent-workers.ts'

/** The IPC channels to the live workers. Every message goes to the exporter thread unparsed. */
export class WorkerChannels {
  readonly #post: (message: ToThread) => void
  /** By fork number; bounded by the live workers. */
  readonly #children = new Map<number, ChildProcess>()
  readonly #lasting = new LastingEvents()
  /** Fork numbers of the live workers with a report. */
  readonly #reporting = new Set<number>()
  /**
   * Fork numbers of the processes without the page server's address. Can contain `ownForkNumber`.
   */
  readonly #waiting = new Set<number>()

  readonly #silent = new SilentWorkers(
    (forkNumber) => this.#children.has(forkNumber) && !this.#reporting.has(forkNumber),
  )

  /** Asks for the page server's address on behalf of this process. */
  readonly askForOwn = (): void => this.askForPageServer(ownForkNumber)

  /** @param post sends a message to the exporter thread. */
  constructor(post: (message: ToThread) => void) {
    this.#post = post
  }

  get workers(): KnownWorker[] {
    return Array.from(this.#children, ([forkNumber, child]) => ({
      forkNumber,
      child,
      hasReported: this.#reporting.has(forkNumber),
    }))
  }

  add(forkNumber: number, child: ChildProcess): void {
    this.#children.set(forkNumber, child)
    listenToWorker(child, {
      onReport: (text) => {
        this.#reporting.add(forkNumber)
        this.#post({ kind: 'report', forkNumber, text })
      },
      onPageServerQuestion: () => this.askForPageServer(forkNumber),
    })
  }

  /** Passes an event of the cluster on to the exporter thread. */
  apply(event: ClusterEvent): void {
    const happenedAt = monotonicNow()
    this.#lasting.note(event, happenedAt)
    if (event.kind === 'ended') {
      this.#children.delete(event.forkNumber)
      this.#waiting.delete(event.forkNumber)
      this.#reporting.delete(event.forkNumber)
    }
    if (event.kind === 'listening') this.#silent.watch(event.forkNumber)
    log.debug(`event: ${JSON.stringify(event)}`)
    this.#post({ kind: 'event', event, happenedAt })
  }

  /** @param servers servers of the primary that hand their sockets to workers. */
  readonly noteHandOvers = (servers: number): void => {
    this.apply({ kind: 'handing_over', servers })
  }

  /** Asks the exporter thread for the page server's address on behalf of a process. */
  askForPageServer(forkNumber: number): void {
    this.#waiting.add(forkNumber)
    this.#post({ kind: 'open page server' })
  }

  /** Sends the page server's address to the waiting workers. */
  sendPageServer(address: PageServerAddress): void {
    for (const forkNumber of this.#waiting) {
      const child = this.#children.get(forkNumber)
      if (child) sendPageServer(child, address)
    }
    this.#waiting.clear()
  }

  /** Asks a worker for a report with every series. Does nothing if the worker has ended. */
  requestResync(forkNumber: number): void {
    const child = this.#children.get(forkNumber)
    if (child) requestResync(child)
  }

  /** Tells a new exporter thread about every live worker, and asks each worker for every series. */
  replay(): void {
    if (this.#waiting.size > 0) this.#post({ kind: 'open page server' })
    for (const { event, happenedAt } of this.#lasting.all()) {
      this.#post({ kind: 'event', event: this.#withReports(event), happenedAt })
    }
    this.requestResyncs()
  }

  /** Asks each live worker for a report with every series. */
  requestResyncs(): void {
    for (const child of this.#children.values()) requestResync(child)
  }

  #withReports(event: ClusterEvent): ClusterEvent {
    const hasReported = event.kind === 'forked' && this.#reporting.has(event.forkNumber)
    return hasReported ? { ...event, hasReported } : event
  }
}
