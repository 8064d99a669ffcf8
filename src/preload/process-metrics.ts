import { createRequire } from 'node:module'
import type { Server } from 'node:net'
import type { MeterProvider } from '@opentelemetry/api'
import type * as Sdk from '@opentelemetry/sdk-metrics'
import { errorTypeOf } from '../collect/http/error-type.ts'
import { collectWorker, type Observation, type WorkerCollector } from '../collect/worker.ts'
import { log } from '../log/log.ts'
import { declared } from '../model/catalog/declared.ts'
import type { Metric } from '../model/metric.ts'
import { ApplicationMetrics } from '../otel/application-metrics.ts'
import { guardedProvider } from '../otel/guarded-provider.ts'
import { preloadProvider } from '../otel/offered-provider.ts'
import type { Source } from '../relay/report.ts'

const load = createRequire(import.meta.url)

export interface ProcessMetricsOptions {
  readonly onFault: (part: string) => void
  /** Seconds, ascending; undefined = the catalogue's. */
  readonly durationBuckets: () => readonly number[] | undefined
  /** The application's histograms become exponential ones. */
  readonly isExponential: () => boolean
}

/** Everything that this process measures: its own `gunicorn_*` metrics and those of the application. */
export class ProcessMetrics {
  readonly #options: ProcessMetricsOptions
  #collector: WorkerCollector | undefined
  #application: ApplicationMetrics | undefined
  /** The application's side of it. */
  #provider: MeterProvider | undefined
  #isShared = false
  /** Name of the last uncaught error: it ends the requests that are open. */
  #lastError: string | undefined

  constructor(options: ProcessMetricsOptions) {
    this.#options = options
  }

  /** Whether the process answers requests, as far as we know. */
  get isCollecting(): boolean {
    return this.#collector !== undefined
  }

  /** Begins to collect what a process that answers requests knows of itself. */
  start(): WorkerCollector {
    if (this.#collector) return this.#collector
    process.on('uncaughtExceptionMonitor', (error: unknown) => {
      this.#lastError = errorTypeOf(error)
    })
    const durationBuckets = this.#options.durationBuckets()
    this.#collector = collectWorker(durationBuckets ? { durationBuckets } : {})
    return this.#collector
  }

  observeServer(server: Server): void {
    this.start().adopt(server)
  }

  /** Whether the application exports what it measures by an SDK of its own too. */
  get isShared(): boolean {
    return this.#isShared
  }

  /** The same as a source tells it. */
  get sdk(): Pick<Source, 'hasOwnSdk'> {
    return this.#isShared ? { hasOwnSdk: true } : {}
  }

  /** A MeterProvider for the application, whose metrics are then collected too. */
  provider(isShared: boolean): MeterProvider {
    this.#application ??= this.#offer()
    this.#isShared ||= isShared
    this.#provider ??= guardedProvider(this.#application.provider, (name) => {
      this.#options.onFault('instrument')
      log.warn(`values or options of the metric ${name} are left out: they cannot be read`)
    })
    return this.#provider
  }

  /** Counts a fault of ours; false where nothing is collected that could show it. */
  countFault(part: string): boolean {
    this.#collector?.countFault(part)
    return this.isCollecting
  }

  /** Counts what is still open as failed, once, at the end of the process. */
  endOpenRequests(): void {
    this.#collector?.endOpenRequests(this.#lastError ?? 'aborted')
  }

  readonly collect = async (): Promise<readonly Metric[]> => {
    const own = this.#own()
    return this.#application ? [...own, ...(await this.#application.collect())] : own
  }

  /** What can be read at once, at the end of the process. */
  readonly collectNow = (): readonly Metric[] => {
    const own = this.#own()
    return this.#application ? [...own, ...this.#application.collectNow()] : own
  }

  #own(): Metric[] {
    if (!this.#collector) return []
    const observations = [...this.#collector.observations, ...this.#collector.histograms]
    return observations.flatMap((observation) => this.#read(observation))
  }

  /** Each for itself: out of file descriptors, for one, Node cannot tell the memory. */
  #read({ declaration, points }: Observation): Metric[] {
    try {
      return [declared(declaration, points())]
    } catch {
      this.#options.onFault(declaration.name)
      return []
    }
  }

  #offer(): ApplicationMetrics {
    const sdk = load('@opentelemetry/sdk-metrics') as typeof Sdk
    const metrics = new ApplicationMetrics({
      sdk,
      isExponential: this.#options.isExponential(),
      onUnsupported: (name) => {
        this.#options.onFault('unsupported_metric')
        log.warn(`the metric ${name} is left out: its bounds do not ascend`)
      },
      onSlow: () => this.#options.onFault('slow_observable'),
    })
    Object.defineProperty(metrics.provider, preloadProvider, { value: true })
    return metrics
  }
}
