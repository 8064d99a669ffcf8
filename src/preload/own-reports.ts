import { ListenedSignals } from '../collect/cluster/listened-signals.ts'
import type { ClusterEvent } from '../model/cluster-event.ts'
import type { Metric } from '../model/metric.ts'
import { ownSource, singleSource } from '../relay/own-source.ts'
import type { Source } from '../relay/report.ts'
import { Reporter, type Transport } from '../relay/reporter.ts'
import type { ProcessMetrics } from './metrics/process-metrics.ts'

export interface OwnReportsOptions {
  readonly metrics: ProcessMetrics
  readonly transport: Transport
  /** The fork number of a cluster worker without a preloaded primary. */
  readonly forkNumber: number | undefined
  readonly onEvent: (event: ClusterEvent) => void
  readonly onFault: (component: string) => void
}

/** The reports of a primary, or of a process alone, about itself. */
export class OwnReports {
  readonly #options: OwnReportsOptions
  readonly #reporter: Reporter
  readonly #signals = new ListenedSignals()
  #hasWorkers = false

  constructor(options: OwnReportsOptions) {
    this.#options = options
    this.#reporter = new Reporter({
      transport: options.transport,
      source: () => this.#source(),
      collect: () => this.#collect(),
      collectNow: options.metrics.collectNow,
      onFault: options.onFault,
    })
  }

  /** The process forks workers from now on. */
  startWorkers(): void {
    this.#hasWorkers = true
    this.repeatAll()
  }

  /** The next report contains every series and the identity of this process again. */
  repeatAll(): void {
    this.#reporter.resetBaseline()
  }

  /** Tells everything again to a new exporter thread. */
  startOver(): void {
    this.#signals.reset()
    this.repeatAll()
  }

  /** Sends the last report, at the end of the process. */
  reportLast(): void {
    this.#options.metrics.endOpenRequests()
    this.#reporter.flush()
  }

  /** A process without workers shows the signals that the application listens for. */
  async #collect(): Promise<readonly Metric[]> {
    const { metrics, onEvent } = this.#options
    if (!this.#hasWorkers) {
      for (const reason of this.#signals.news()) onEvent({ kind: 'signal listener', reason })
    }
    return await metrics.collect()
  }

  #source(): Source {
    const { metrics, forkNumber } = this.#options
    const { sdk, isCollecting } = metrics
    if (!this.#hasWorkers) return { ...singleSource(forkNumber), ...sdk }
    const role = isCollecting ? 'single' : 'primary'
    return { role, forkNumber: 0, ...ownSource, ...sdk }
  }
}
