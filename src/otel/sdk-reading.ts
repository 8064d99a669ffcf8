import type * as Sdk from '@opentelemetry/sdk-metrics'
import { otelLimits } from '../limits/otel.ts'
import { stateLimits } from '../limits/state.ts'
import type { Metric } from '../model/metric.ts'
import { ownScope } from '../model/own-scope.ts'
import { unixNow } from '../support/intrinsics/unix-now.ts'
import { late, withTimeLimit } from '../support/time-limit.ts'
import { fromOtel, scopeText } from './from-otel.ts'
import { ObservableError } from './guarded-observables.ts'

export interface OtelReadingOptions {
  /** Collects with the reader of an SDK. */
  readonly collect: () => Promise<Sdk.CollectionResult>
  /** Called once with the name of a metric without a form in the relay. */
  readonly onUnsupported: (name: string) => void
  /**
   * Called when observable callbacks take too long, and `collect` returns last values.
   * @param metrics the names of the metrics of such a callback; undefined if unknown.
   */
  readonly onSlow: (metrics: string | undefined) => void
  /**
   * Called for each observable callback that threw or rejected, in each collection. The other
   * metrics are complete. @param error a thrown value, or an `ObservableError`.
   */
  readonly onFailed: (error: unknown) => void
}

/** Internals of the SDK's collector for synchronous reading, equal in 2.12 and 3.1. */
interface Collector {
  readonly _sharedState: {
    readonly meterSharedStates: ReadonlyMap<string, MeterState>
  }
}

interface MeterState {
  readonly _instrumentationScope: Sdk.ScopeMetrics['scope']
  readonly metricStorageRegistry: {
    readonly getStorages: (collector: unknown) => Iterable<Storage>
  }
  readonly observableRegistry: { readonly _callbacks: Iterable<Registered> }
}

interface Storage {
  readonly collect: (collector: unknown, time: Time) => Sdk.MetricData | undefined
}

/** A callback with its observable instrument. */
interface Registered {
  readonly callback: (result: { readonly observe: Observe }) => unknown
  readonly instrument: {
    readonly _metricStorages: Iterable<{
      readonly record: (values: ReadonlyMap<object, number>, time: Time) => void
    }>
  }
}

type Observe = (value: number, attributes?: object) => void
type Time = [seconds: number, nanoseconds: number]

/** Reads the metrics of an OTel SDK at any time. */
export class OtelReading {
  readonly #options: OtelReadingOptions
  /** Names already passed to `onUnsupported`; at most `stateLimits.metrics`. */
  readonly #unsupported = new Set<string>()
  #collector: Collector | undefined
  #isCollecting = false

  constructor(options: OtelReadingOptions) {
    this.#options = options
  }

  /** @param producer from the SDK's `setMetricProducer`. */
  attach(producer: Sdk.MetricProducer): void {
    this.#collector = producer as unknown as Collector
  }

  async collect(): Promise<readonly Metric[]> {
    // An observable callback can wait for a database that does not respond.
    const isFree = !this.#isCollecting
    const all = isFree
      ? await withTimeLimit(this.#collectAll(), otelLimits.observationTimeoutMs)
      : late
    if (all !== late) return all
    this.#options.onSlow(undefined)
    return this.collectNow()
  }

  /**
   * Reads without waiting, for the end of the process. Synchronous instruments, and the
   * observable instruments of our scope, have present values. The application's observable
   * instruments have last values.
   */
  collectNow(): readonly Metric[] {
    const collector = this.#collector
    if (!collector) return []
    // Unix time, as the times of OTel data.
    const now = unixNow()
    const time: Time = [Math.floor(now / 1_000), (now % 1_000) * 1e6]
    return Array.from(collector._sharedState.meterSharedStates.values()).flatMap((state) => {
      if (state._instrumentationScope.name === ownScope) observe(state, time)
      const storages = Array.from(state.metricStorageRegistry.getStorages(collector))
      const data = storages.map((storage) => storage.collect(collector, time)).filter(isDefined)
      return this.#carry(data, state._instrumentationScope)
    })
  }

  async #collectAll(): Promise<Metric[]> {
    this.#isCollecting = true
    try {
      const { resourceMetrics, errors } = await this.#options.collect()
      for (const error of errors) this.#tell(error)
      return resourceMetrics.scopeMetrics.flatMap(({ scope, metrics }) =>
        this.#carry(metrics, scope),
      )
    } finally {
      this.#isCollecting = false
    }
  }

  #tell(error: unknown): void {
    const isLate = error instanceof ObservableError && error.isLate
    if (isLate) this.#options.onSlow(error.metrics)
    else this.#options.onFailed(error)
  }

  #carry(metrics: readonly Sdk.MetricData[], scope: Sdk.ScopeMetrics['scope']): Metric[] {
    const text = scopeText(scope)
    return metrics.flatMap((data) => {
      const metric = fromOtel(data, text, scope.schemaUrl)
      if (!metric) this.#leaveOut(data.descriptor.name)
      return metric ?? []
    })
  }

  #leaveOut(name: string): void {
    if (this.#unsupported.has(name) || this.#unsupported.size >= stateLimits.metrics) return
    this.#unsupported.add(name)
    this.#options.onUnsupported(name)
  }
}

/** Calls our synchronous callbacks. The SDK would await each callback. */
function observe({ observableRegistry }: MeterState, time: Time): void {
  for (const { callback, instrument } of observableRegistry._callbacks) {
    const values = new Map<object, number>()
    callback({ observe: (value, attributes = {}) => values.set(attributes, value) })
    for (const storage of instrument._metricStorages) storage.record(values, time)
  }
}

function isDefined<T>(value: T | undefined): value is T {
  return value !== undefined
}
