import type { MasterReason } from '../../model/signal.ts'
import type { EndCause } from '../../model/worker-cause.ts'
import { expectedEnds, type WorkerEnd } from '../../model/worker-end.ts'

export interface EndCount {
  readonly end: WorkerEnd
  readonly count: number
}

/** Counts signals, ends of workers, and forks that replace ended workers. */
export class RestartCounts {
  /** By `worker_id` and reason. The counts of a slot continue from worker to worker. */
  readonly #ends = new Map<string, Map<string, EndCount>>()
  readonly #signals = new Map<MasterReason, number>()
  #replacements = 0
  /** Workers that ended unasked, without a replacement. */
  #failedUnreplaced = 0
  /** Workers that the application stopped, without a replacement. */
  #stoppedUnreplaced = 0
  /** Forks beyond the wanted number. Each fork replaces a worker that has not ended. */
  #replacedInAdvance = 0

  get replacements(): number {
    return this.#replacements
  }

  get failedUnreplaced(): number {
    return this.#failedUnreplaced
  }

  /** The `worker_id`s with ends. */
  get ids(): Iterable<string> {
    return this.#ends.keys()
  }

  /** Signals that the process listens for, or received. */
  get signals(): ReadonlyMap<MasterReason, number> {
    return this.#signals
  }

  signalCount(reason: MasterReason): number {
    return this.#signals.get(reason) ?? 0
  }

  /** Contains a zero for each expected end, so that the first end is an increment. */
  endsOf(workerId: string): EndCount[] {
    const counts = new Map(expectedEnds.map((end) => [end.reason, { end, count: 0 }]))
    for (const [reason, counted] of this.#ends.get(workerId) ?? []) counts.set(reason, counted)
    return [...counts.values()]
  }

  /** Makes the first signal an increment. */
  expectSignal(reason: MasterReason): void {
    this.#signals.set(reason, this.signalCount(reason))
  }

  countSignal(reason: MasterReason): void {
    this.#signals.set(reason, this.signalCount(reason) + 1)
  }

  countEnd(workerId: string, end: WorkerEnd): void {
    const counts = this.#ends.get(workerId) ?? new Map<string, EndCount>()
    this.#ends.set(workerId, counts)
    counts.set(end.reason, { end, count: (counts.get(end.reason)?.count ?? 0) + 1 })
    this.countSignal('chld')
  }

  forget(workerId: string): void {
    this.#ends.delete(workerId)
  }

  /** @param isSurplus whether all wanted workers were live before the fork. */
  countFork(isSurplus: boolean): void {
    if (this.#failedUnreplaced > 0) this.#failedUnreplaced -= 1
    else if (this.#stoppedUnreplaced > 0) this.#stoppedUnreplaced -= 1
    else {
      if (isSurplus) this.#replacedInAdvance += 1
      return
    }
    this.#replacements += 1
  }

  /** Counts the end of a worker whose replacement was forked when the channel closed. */
  countReplaced(): void {
    this.#replacements += 1
  }

  /**
   * Decides whether an ended worker has a replacement, or waits for a fork. A master forks the
   * replacement of a retired worker first. A master does not replace a surplus worker.
   * @param voluntary the primary asked the worker to exit.
   */
  expectReplacement(voluntary: boolean, cause: EndCause | undefined): void {
    const isReplacedFirst = cause !== undefined && replacedFirst.has(cause)
    const isUnexpected = cause === undefined || unexpectedCauses.has(cause)
    if (!(isReplacedFirst || isUnexpected)) return
    if (isReplacedFirst || this.#replacedInAdvance > 0) {
      // Another process can ask a worker to exit. Then the replacement is there, without a cause.
      this.#replacements += 1
      this.#replacedInAdvance = Math.max(0, this.#replacedInAdvance - 1)
    } else if (voluntary) this.#stoppedUnreplaced += 1
    else this.#failedUnreplaced += 1
  }

  /** Forgets forks in advance: a master that wants no workers replaces none. */
  stopReplacing(): void {
    this.#replacedInAdvance = 0
  }
}

/** The master forks the replacement before the end of the worker. */
const replacedFirst = new Set<EndCause>(['hup', 'max_requests', 'max_memory'])
const unexpectedCauses = new Set<EndCause>(['timeout', 'oom', 'heap'])
