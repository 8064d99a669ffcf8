import type { SimulatedWorker, WorkerValues } from './simulated-worker.ts'

/** What the state must know about a worker. */
interface KnownWorker {
  readonly worker: SimulatedWorker
  /** Of the last accepted report; undefined before the first. */
  values: WorkerValues | undefined
  /** The sequence number of the next report. */
  next: number | undefined
  /** Requests from the crash file. */
  least: number
  presence: 'live' | 'exited' | 'ended' | 'forgotten'
  endedAt: number
  isSettled: boolean
}

export interface ModelOptions {
  readonly usesSlots: boolean
  readonly keepWorkerId: boolean
  readonly retentionMs: number
  readonly retainedWorkers: number
}

export interface Expected {
  readonly live: number
  readonly requests: number
  readonly orders: number
  readonly waits: number
  readonly sizes: number
  readonly open: number
}

/** What the page must show, by rules that share no code with the state. */
export class ClusterModel {
  readonly #options: ModelOptions
  readonly #known = new Map<number, KnownWorker>()
  readonly results = { accepted: 0, refused: 0, out_of_sequence: 0 }
  deaths = 0

  constructor(options: ModelOptions) {
    this.#options = options
  }

  get workers(): KnownWorker[] {
    return [...this.#known.values()]
  }

  in(...presences: readonly KnownWorker['presence'][]): KnownWorker[] {
    return this.workers.filter(({ presence }) => presences.includes(presence))
  }

  fork(worker: SimulatedWorker): void {
    this.#known.set(worker.forkNumber, {
      worker,
      values: undefined,
      next: undefined,
      least: 0,
      presence: 'live',
      endedAt: 0,
      isSettled: false,
    })
  }

  /** @returns whether the state must ask for all values. */
  report(known: KnownWorker, sequence: number, values: WorkerValues): boolean {
    if (known.presence === 'ended' || known.presence === 'forgotten') {
      // A forgotten worker may report again, but its sequence is unknown.
      const result = known.presence === 'ended' ? 'refused' : 'out_of_sequence'
      this.results[result] += 1
      return result === 'out_of_sequence'
    }
    if (sequence !== 0 && sequence !== known.next) {
      this.results.out_of_sequence += 1
      return true
    }
    this.results.accepted += 1
    known.next = sequence + 1
    known.values = values
    return false
  }

  refuse(): void {
    this.results.refused += 1
  }

  end(known: KnownWorker, now: number, code: number | null): void {
    known.presence = 'ended'
    known.endedAt = now
    known.isSettled = code === 0
    this.deaths += 1
    // The order of the map is the order of the ends.
    this.#known.delete(known.worker.forkNumber)
    this.#known.set(known.worker.forkNumber, known)
  }

  expire(now: number): void {
    const { retentionMs, retainedWorkers } = this.#options
    const ended = this.in('ended')
    for (const [index, known] of ended.entries()) {
      const isOver = now - known.endedAt > retentionMs || index < ended.length - retainedWorkers
      if (isOver) known.presence = 'forgotten'
    }
  }

  expected(): Expected {
    const { usesSlots, keepWorkerId } = this.#options
    const own = usesSlots ? this.workers : this.in('live', 'exited', 'ended')
    const shared = keepWorkerId ? own : this.workers
    const running = this.in('live', 'exited')
    const settled = this.workers.filter(({ isSettled }) => isSettled)
    return {
      live: this.in('live').length,
      requests: sumOf(own, ({ values, least }) => Math.max(values?.requests ?? 0, least)),
      orders: sumOf(shared, ({ values }) => sumOf([...(values?.orders.values() ?? [])], Number)),
      waits: sumOf(shared, ({ values }) => values?.waits ?? 0),
      sizes: sumOf(shared, ({ values }) => values?.sizes ?? 0),
      open: sumOf(
        keepWorkerId ? running : [...running, ...settled],
        ({ values }) => values?.open ?? 0,
      ),
    }
  }
}

function sumOf<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((sum, item) => sum + count(item), 0)
}
