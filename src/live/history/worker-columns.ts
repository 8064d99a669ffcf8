import type { LiveWorkerColumns } from '../../model/live/live-document.ts'
import { Ring } from './ring.ts'

/** The values of a worker in one sample. */
export type WorkerSample = Readonly<Record<keyof LiveWorkerColumns, number | null>>

interface Columns {
  readonly rings: Readonly<Record<keyof LiveWorkerColumns, Ring>>
  /** Number of the last sample with the worker. */
  lastSample: number
}

export interface WorkerColumnsOptions {
  /** Samples in a column. */
  readonly capacity: number
  /** Workers with columns. */
  readonly workers: number
}

/**
 * The columns of live workers, and of ended workers while the history has their samples. A new
 * worker gets the columns of the worker that ended first, if all columns are in use.
 */
export class WorkerColumns {
  readonly #options: WorkerColumnsOptions
  readonly #columns = new Map<string, Columns>()

  constructor(options: WorkerColumnsOptions) {
    this.#options = options
  }

  /** Writes a sample: every column has a value in every sample. */
  write(sample: number, workers: ReadonlyMap<string, WorkerSample>): void {
    this.#forget(sample)
    for (const columns of this.#columns.values()) set(columns, sample, none)
    for (const [key, values] of workers) {
      const columns = this.#columns.get(key) ?? this.#newColumns(key, { sample, workers })
      if (!columns) continue
      columns.lastSample = sample
      set(columns, sample, values)
    }
  }

  between(first: number, last: number): Record<string, LiveWorkerColumns> {
    const entries = Array.from(this.#columns, ([key, { rings }]) => [
      key,
      {
        requestsPerSecond: rings.requestsPerSecond.between(first, last),
        loopDelay: rings.loopDelay.between(first, last),
        cpuPercent: rings.cpuPercent.between(first, last),
        memory: rings.memory.between(first, last),
        heap: rings.heap.between(first, last),
      },
    ])
    return Object.fromEntries(entries)
  }

  /** Frees the columns of workers whose last sample has left the history. */
  #forget(sample: number): void {
    for (const [key, { lastSample }] of this.#columns) {
      if (lastSample <= sample - this.#options.capacity) this.#columns.delete(key)
    }
  }

  /** Undefined if live workers use all columns. */
  #newColumns(
    key: string,
    { sample, workers }: { sample: number; workers: ReadonlyMap<string, WorkerSample> },
  ): Columns | undefined {
    const isFull = this.#columns.size >= this.#options.workers
    const rings = isFull ? this.#takenRings(workers) : newRings(this.#options.capacity)
    if (!rings) return undefined
    const columns = { rings, lastSample: sample }
    this.#columns.set(key, columns)
    return columns
  }

  #takenRings(live: ReadonlyMap<string, WorkerSample>): Columns['rings'] | undefined {
    const [oldest] = [...this.#columns]
      .filter(([key]) => !live.has(key))
      .sort(([, one], [, other]) => one.lastSample - other.lastSample)
    if (!oldest) return undefined
    const [key, { rings }] = oldest
    this.#columns.delete(key)
    for (const ring of Object.values(rings)) ring.clear()
    return rings
  }
}

const none: WorkerSample = {
  requestsPerSecond: null,
  loopDelay: null,
  cpuPercent: null,
  memory: null,
  heap: null,
}

function set({ rings }: Columns, sample: number, values: WorkerSample): void {
  rings.requestsPerSecond.set(sample, values.requestsPerSecond)
  rings.loopDelay.set(sample, values.loopDelay)
  rings.cpuPercent.set(sample, values.cpuPercent)
  rings.memory.set(sample, values.memory)
  rings.heap.set(sample, values.heap)
}

function newRings(capacity: number): Columns['rings'] {
  return {
    requestsPerSecond: new Ring(capacity),
    loopDelay: new Ring(capacity),
    cpuPercent: new Ring(capacity),
    memory: new Ring(capacity),
    heap: new Ring(capacity),
  }
}
