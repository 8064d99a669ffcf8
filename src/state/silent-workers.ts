import { delayBounds } from '../model/catalog/bounds.ts'
import { catalog } from '../model/catalog/catalog.ts'
import { declared, point } from '../model/catalog/declared.ts'
import type { Standstill } from '../model/hang.ts'
import type { Metric, Value } from '../model/metric.ts'
import type { Aggregator } from './aggregator.ts'
import { seenFromOutside } from './workers/outside-metrics.ts'
import { figuresOf, type OutsideFigures } from './workers/silence.ts'
import { SilenceWatch, type SilenceWatchOptions } from './workers/silence-watch.ts'
import type { WorkerRegistry } from './workers/worker-registry.ts'

/** The workers that do not report, with what the kernel knows about them. */
export class SilentWorkers {
  readonly #workers: WorkerRegistry
  readonly #aggregator: Aggregator
  readonly #options: SilenceWatchOptions
  readonly #watch: SilenceWatch
  readonly #added = new WeakSet<OutsideFigures>()

  constructor(workers: WorkerRegistry, aggregator: Aggregator, options: SilenceWatchOptions) {
    this.#workers = workers
    this.#aggregator = aggregator
    this.#options = options
    this.#watch = new SilenceWatch(options)
  }

  /** Whether the main thread of the primary stands still. */
  get primaryHangs(): boolean {
    return this.#watch.primaryHangs
  }

  /** Time since the last sign of the primary's main thread; null without such signs. */
  get primarySilenceSeconds(): number | null {
    const silentMs = this.#watch.primarySilenceMs
    return silentMs === undefined ? null : silentMs / 1_000
  }

  check(): void {
    const live = this.#workers.live()
    this.#watch.check(live)
    if (!live.some(({ silence }) => silence)) return
    for (const { forkNumber, silence } of this.#workers.snapshots(this.#options.now())) {
      const figures = figuresOf(silence)
      if (figures) this.#addCounters(forkNumber, figures)
    }
  }

  /** The metrics of a primary's silence. Empty if this object runs on the primary's main thread. */
  primaryMetrics(): Metric[] {
    const silentMs = this.#watch.primarySilenceMs
    if (silentMs === undefined) return []
    return [declared(catalog.masterSilence, [point({}, silentMs / 1_000)])]
  }

  /** The metrics of live sources without values that are too old. */
  metrics(): readonly Metric[] {
    const snapshots = this.#workers.snapshots(this.#options.now())
    return seenFromOutside(this.#aggregator.metrics(), snapshots)
  }

  /** Adds the standstill in which a worker ended. The worker could not report it. */
  addLastStall(forkNumber: number, { state, seconds }: Standstill): void {
    const { eventLoopDelays, eventLoopSeconds } = catalog
    const delays = this.#aggregator
      .pointsOf(forkNumber, eventLoopDelays.name)
      .map(({ attributes, value }) => ({ attributes, value: withSample(value, seconds) }))
    const active = this.#aggregator
      .pointsOf(forkNumber, eventLoopSeconds.name)
      .filter(({ attributes }) => attributes['state'] === 'active' && state === 'hanging')
      .map(({ attributes, value }) => ({ attributes, value: Number(value) + seconds }))
    const source = this.#aggregator.identityOf(forkNumber)
    if (!source) return
    this.#aggregator.raise(forkNumber, source, [
      declared(eventLoopDelays, delays),
      declared(eventLoopSeconds, active),
    ])
  }

  #addCounters(forkNumber: number, figures: OutsideFigures): void {
    const source = this.#aggregator.identityOf(forkNumber)
    if (!source || this.#added.has(figures)) return
    this.#added.add(figures)
    const points = [
      point({ mode: 'user' }, figures.userSeconds),
      point({ mode: 'system' }, figures.systemSeconds),
    ]
    this.#aggregator.raise(forkNumber, source, [declared(catalog.cpuSeconds, points)])
  }
}

/** Leaves a value with other bounds as it is: a View of the application can choose bounds. */
function withSample(value: Value, seconds: number): Value {
  if (typeof value === 'number' || !('counts' in value)) return value
  const { count, sum, counts } = value
  if (counts.length !== delayBounds.length + 1) return value
  const found = delayBounds.findIndex((bound) => seconds <= bound)
  const bucket = found < 0 ? delayBounds.length : found
  return {
    count: count + 1,
    sum: sum + seconds,
    counts: counts.map((each, index) => (index === bucket ? each + 1 : each)),
  }
}
