import type { Server } from 'node:net'
import type { MeterProvider } from '@opentelemetry/api'
import type { Observation } from '../../collect/counts/observation.ts'
import type { RouteCounts } from '../../collect/counts/route-counts.ts'
import { observeUncaughtErrors, type UncaughtErrors } from '../../collect/process/end.ts'
import type { RouteOptions } from '../../collect/route-options.ts'
import { collectWorker, type WorkerCollector } from '../../collect/worker.ts'
import { log } from '../../log/log.ts'
import { declared } from '../../model/catalog/declared.ts'
import { httpDeclarations } from '../../model/catalog/http-declarations.ts'
import type { UncaughtError } from '../../model/death.ts'
import { coded } from '../../model/errors/coded-text.ts'
import type { Metric } from '../../model/metric.ts'
import type { ApplicationMetrics } from '../../otel/application-metrics.ts'
import { type GuardOptions, guardedProvider } from '../../otel/guarded-provider.ts'
import { httpScope, isInstrumented } from '../../otel/http-instrumentation.ts'
import { hasHiddenInstruments } from '../../otel/offered-provider.ts'
import type { Source } from '../../relay/report.ts'
import { DescriptorLack } from './descriptor-lack.ts'
import { type OfferedMetricsOptions, offeredMetrics } from './offered-metrics.ts'

const routeMetricNames = new Set(Object.values(httpDeclarations).map(({ name }) => name))

export interface ProcessMetricsOptions extends OfferedMetricsOptions {
  /** Seconds, ascending. Undefined selects the bounds of the catalogue. */
  readonly durationBuckets: () => readonly number[] | undefined
  /** Whether garbage collections count. */
  readonly countsCollections: () => boolean
  /** Names the endpoints, and makes the metrics by route unless they are off. */
  readonly routes: () => RouteOptions
}

/** All metrics of this process: the `gunicorn_*` metrics and the metrics of the application. */
export class ProcessMetrics {
  readonly #options: ProcessMetricsOptions
  #collector: WorkerCollector | undefined
  #application: ApplicationMetrics | undefined
  /** The provider for the application, which wraps the provider of `#application`. */
  #provider: MeterProvider | undefined
  readonly #lack = new DescriptorLack()
  #isShared = false
  #routes: RouteCounts | undefined
  /** Whether the application makes the metrics by route itself, or an instrumentation does. */
  #standsBack = false
  /** The error that ends the process also ends the open requests. */
  #errors: UncaughtErrors | undefined

  constructor(options: ProcessMetricsOptions) {
    this.#options = options
  }

  /** Whether the process is known to answer requests. */
  get isCollecting(): boolean {
    return this.#collector !== undefined
  }

  /** Starts to collect the `gunicorn_*` metrics of this process. */
  start(): WorkerCollector {
    if (this.#collector) return this.#collector
    this.#errors = observeUncaughtErrors(this.#options.errorDescription())
    const durationBuckets = this.#options.durationBuckets()
    const { routes, endpoints, operations = 0 } = this.#options.routes()
    this.#routes = this.#standsBack ? undefined : routes
    this.#collector = collectWorker({
      ...(durationBuckets && { durationBuckets }),
      countsCollections: this.#options.countsCollections(),
      routes: this.#routes,
      endpoints,
      operations,
      onServer: (server) => this.#checkServer(server),
    })
    return this.#collector
  }

  observeServer(server: Server): void {
    this.start().observeServer(server)
  }

  /** Whether the application also exports its metrics with its own SDK. */
  get isShared(): boolean {
    return this.#isShared
  }

  /** `isShared` as a field of the report's source. */
  get sdk(): Pick<Source, 'hasOwnSdk'> {
    return this.#isShared ? { hasOwnSdk: true } : {}
  }

  /**
   * A MeterProvider for the application. The preload then collects the application's metrics too.
   */
  provider(isShared: boolean): MeterProvider {
    this.#application ??= offeredMetrics(this.#options)
    this.#isShared ||= isShared
    const leavesOut = (name: string, scope: string): boolean => {
      if (!routeMetricNames.has(name)) return false
      // The exporter's own metrics have routes, and this application expects none of the scope.
      if (scope === httpScope && !this.#isShared) return true
      this.#standBack(name)
      return false
    }
    this.#provider ??= this.#guarded(this.#application, leavesOut)
    return this.#provider
  }

  /** A MeterProvider for OTel's instrumentation of servers that the operator asks for. */
  serverProvider(): MeterProvider {
    this.#application ??= offeredMetrics(this.#options)
    return this.#guarded(this.#application, (name) => {
      this.#standBack(name)
      return false
    })
  }

  #guarded({ provider }: ApplicationMetrics, leavesOut: GuardOptions['leavesOut']): MeterProvider {
    const onFault = (name: string): void => {
      this.#options.onFault('instrument')
      const left = `values or options of the metric ${name} are left out`
      const text = `${left}: the preload cannot read them`
      log.warn(coded('GPE_METRIC_UNREADABLE', text))
    }
    return guardedProvider(provider, { onFault, leavesOut })
  }

  /**
   * An instrumentation from before the preload can have instruments that the preload cannot read.
   * Its wrapper shows on the server.
   */
  #checkServer(server: Server): void {
    if (!isInstrumented(server) || !hasHiddenInstruments()) return
    this.#standBack(httpDeclarations.httpRequestDuration.name)
  }

  /** The page must not have a metric twice. */
  #standBack(name: string): void {
    if (this.#standsBack || !routeMetricNames.has(name)) return
    this.#standsBack = true
    this.#routes?.stop()
    log.info(`${name} comes from the application, so the exporter does not make it`)
  }

  /** Counts a fault of this package. @returns `false` if no collector could show the fault. */
  countFault(component: string): boolean {
    this.#collector?.countFault(component)
    return this.isCollecting
  }

  /** The uncaught error that may end the process. */
  get uncaughtError(): UncaughtError | undefined {
    return this.#errors?.last()
  }

  /** Counts the open requests at the end of the process: answered, or failed. */
  endOpenRequests(): void {
    this.#collector?.endOpenRequests(this.uncaughtError?.name ?? 'aborted')
  }

  readonly collect = async (): Promise<readonly Metric[]> => {
    const own = this.#own()
    return this.#application ? [...own, ...(await this.#application.collect())] : own
  }

  /** The metrics that a synchronous read can return, at the end of the process. */
  readonly collectNow = (): readonly Metric[] => {
    const own = this.#own()
    return this.#application ? [...own, ...this.#application.collectNow()] : own
  }

  #own(): Metric[] {
    if (!this.#collector) return []
    const observations = [...this.#collector.observations, ...this.#collector.histograms]
    const metrics = observations.flatMap((observation) => this.#read(observation))
    this.#lack.endRound()
    return metrics
  }

  /**
   * A failed read loses only its own metric. Without file descriptors, Node cannot read the memory.
   */
  #read({ declaration, points }: Observation): Metric[] {
    try {
      return [declared(declaration, points())]
    } catch (error) {
      this.#lack.note(error)
      this.#options.onFault(declaration.name)
      return []
    }
  }
}
