import { catalog } from '../model/catalog/catalog.ts'
import { declared, point } from '../model/catalog/declared.ts'
import type { Metric } from '../model/metric.ts'
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

  check(): void {
    this.#watch.check(this.#workers.live())
    for (const { forkNumber, silence } of this.#workers.snapshots(this.#options.now())) {
      const figures = figuresOf(silence)
      if (figures) this.#addCounters(forkNumber, figures)
    }
  }

  /** The metrics of live sources without values that are too old. */
  metrics(): readonly Metric[] {
    const snapshots = this.#workers.snapshots(this.#options.now())
    return seenFromOutside(this.#aggregator.metrics(), snapshots)
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
