import { liveLimits } from '../limits/tools/live.ts'
import { catalog } from '../model/catalog/catalog.ts'
import { Distribution } from '../model/live/distribution.ts'
import { addTo, longestOf } from './counts/histogram-increase.ts'
import { columnsKey, type LiveReading, type WorkerFacts } from './counts/reading.ts'
import { shownRanks } from './counts/shown-figures.ts'
import { valuesOf, workerTotals } from './counts/worker-totals.ts'
import { type WorkerStep, WorkerTracks } from './counts/worker-tracks.ts'
import { History, type HistoryOptions, statusClasses } from './history/history.ts'
import type { WorkerSample } from './history/worker-columns.ts'

/** Rates and quantiles of the last samples. */
export interface Recent {
  /** Per second, in the order of `statusClasses`; null before the second sample. */
  readonly rates: readonly number[] | null
  readonly quantiles: readonly (number | null)[]
}

/** Samples a reading into a history. */
export class Sampler {
  readonly history: History
  readonly #tracks = new WorkerTracks()
  #instanceRates: ReadonlyMap<unknown, readonly number[]> = new Map()
  readonly #figures = new Map<string, WorkerSample>()
  /** The last samples, at most `liveLimits.recentSamples`. */
  readonly #samples: {
    readonly rates: readonly number[] | null
    readonly durations: Distribution
  }[] = []

  constructor(options?: HistoryOptions) {
    this.history = new History(options)
  }

  /** The rates of one instance in the last sample, as in `Recent`. */
  ratesOf(instance: string): readonly number[] | null {
    return this.#instanceRates.get(instance) ?? null
  }

  /** When an older worker last appeared, milliseconds of the monotonic clock. */
  get joinedAt(): number {
    return this.#tracks.joinedAt
  }

  /** The figures of a live worker; undefined before its first sample. */
  figuresOf(worker: WorkerFacts): WorkerSample | undefined {
    return this.#figures.get(columnsKey(worker))
  }

  /**
   * @param now milliseconds of the monotonic clock.
   * @param time Unix milliseconds.
   */
  sample(reading: LiveReading, now: number, time: number): void {
    const totals = workerTotals(reading)
    const facts = new Map(reading.workers.map((worker) => [worker.key, worker]))
    const steps = this.#tracks.advance({ totals, facts, now })
    this.#note(steps)
    this.#measure(reading, steps)
    const { quantiles } = this.recent()
    const rates = this.#samples.at(-1)?.rates ?? null
    this.history.add({ time, rates, quantiles, workers: this.#figures })
  }

  recent(): Recent {
    const durations = new Distribution()
    for (const sample of this.#samples) durations.addAll(sample.durations)
    const known = this.#samples.flatMap(({ rates }) => (rates ? [rates] : []))
    const rates = statusClasses.map((_, index) => mean(known.map((each) => each[index] ?? 0)))
    return { rates: known.length > 0 ? rates : null, quantiles: durations.quantiles(shownRanks) }
  }

  #note(steps: ReadonlyMap<string, WorkerStep>): void {
    const known = [...steps.values()].filter((step) => step.requestsPerSecond !== null)
    const durations = new Distribution()
    for (const step of known) if (step.durations) addTo(durations, step.durations)
    this.#instanceRates = ratesByInstance(known)
    const rates = [...this.#instanceRates.values()]
    this.#samples.push({ rates: rates.length > 0 ? rates.reduce(added) : null, durations })
    if (this.#samples.length > liveLimits.recentSamples) this.#samples.shift()
  }

  #measure(reading: LiveReading, steps: Measured['steps']): void {
    const measured = {
      steps,
      cpu: valuesOf(reading, catalog.cpu.name),
      memory: valuesOf(reading, catalog.memory.name),
      heap: valuesOf(reading, catalog.heapUsed.name),
    }
    this.#figures.clear()
    for (const worker of reading.workers) {
      // The id of a worker can change with its first report.
      if (worker.reportAgeSeconds === null && !worker.hang) continue
      this.#figures.set(columnsKey(worker), figures(worker, measured))
    }
  }
}

function ratesByInstance(steps: readonly WorkerStep[]): Map<unknown, readonly number[]> {
  const rates = new Map<unknown, readonly number[]>()
  for (const { instance, rates: own } of steps) {
    const known = rates.get(instance)
    rates.set(instance, known ? added(known, own) : own)
  }
  return rates
}

function added(one: readonly number[], other: readonly number[]): number[] {
  return one.map((rate, index) => rate + (other[index] ?? 0))
}

interface Measured {
  readonly steps: ReadonlyMap<string, WorkerStep>
  readonly cpu: ReadonlyMap<string, number>
  readonly memory: ReadonlyMap<string, number>
  readonly heap: ReadonlyMap<string, number>
}

/** A worker that hangs reports nothing: its last gauges say nothing about the present. */
function figures({ key, hang, kernel }: WorkerFacts, measured: Measured): WorkerSample {
  const step = measured.steps.get(key)
  const requestsPerSecond = step?.requestsPerSecond ?? null
  if (hang) {
    return {
      ...{ requestsPerSecond, loopDelay: hang.seconds, heap: null },
      cpuPercent: kernel.cpuPercent,
      memory: kernel.memoryBytes,
    }
  }
  return {
    requestsPerSecond,
    loopDelay: step?.delays ? longestOf(step.delays) : null,
    cpuPercent: measured.cpu.get(key) ?? null,
    memory: measured.memory.get(key) ?? null,
    heap: measured.heap.get(key) ?? null,
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}
