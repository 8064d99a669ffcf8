import type * as Sdk from '@opentelemetry/sdk-metrics'
import { otelLimits } from '../limits/otel.ts'
import { stateLimits } from '../limits/state.ts'
import type { Metric } from '../model/metric.ts'
import { ownScope } from '../model/own-scope.ts'
import { unixNow } from '../support/intrinsics/unix-now.ts'
import { late, withTimeLimit } from '../support/time-limit.ts'
import { fromOtel, scopeText } from './from-otel.ts'
import { ObservableError } from './guarded-observables.ts'
import {
  type Collector,
  isReadable,
  type MeterState,
  StorageReadings,
  type Time,
} from './storage-readings.ts'

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

/** Reads the metrics of an OTel SDK at any time. */
export class OtelReading {
  readonly #options: OtelReadingOptions
  /** Names already passed to `onUnsupported`; at most `stateLimits.metrics`. */
  readonly #unsupported = new Set<string>()
  readonly #readings = new StorageReadings((data, scope) => this.#converted(data, scope))
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
    const time = timeNow()
    return Array.from(collector._sharedState.meterSharedStates.values()).flatMap((state) => {
      if (state._instrumentationScope.name === ownScope) observe(state, time)
      return this.#readings.read(state, collector, time)
    })
  }

  async #collectAll(): Promise<Metric[]> {
    this.#isCollecting = true
    try {
      const collector = this.#collector
      return collector && isReadable(collector)
        ? await this.#readStorages(collector)
        : await this.#readBySdk()
    } finally {
      this.#isCollecting = false
    }
  }

  /** As the SDK does, but only storages with records are read. */
  async #readStorages(collector: Collector): Promise<Metric[]> {
    const time = timeNow()
    const read = async (state: MeterState): Promise<Metric[]> => {
      for (const error of await observedBySdk(state, time)) this.#tell(error)
      return this.#readings.read(state, collector, time)
    }
    const states = Array.from(collector._sharedState.meterSharedStates.values(), read)
    return (await Promise.all(states)).flat()
  }

  async #readBySdk(): Promise<Metric[]> {
    const { resourceMetrics, errors } = await this.#options.collect()
    for (const error of errors) this.#tell(error)
    return resourceMetrics.scopeMetrics.flatMap(({ scope, metrics }) =>
      metrics.flatMap((data) => this.#converted(data, scope) ?? []),
    )
  }

  #tell(error: unknown): void {
    const isLate = error instanceof ObservableError && error.isLate
    if (isLate) this.#options.onSlow(error.metrics)
    else this.#options.onFailed(error)
  }

  #converted(data: Sdk.MetricData, scope: Sdk.ScopeMetrics['scope']): Metric | undefined {
    const metric = fromOtel(data, scopeText(scope), scope.schemaUrl)
    if (!metric) this.#leaveOut(data.descriptor.name)
    return metric
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

/** Unix time, as the times of OTel data. */
function timeNow(): Time {
  const now = unixNow()
  return [Math.floor(now / 1_000), (now % 1_000) * 1e6]
}

/** Calls the callbacks of a meter. @returns their errors. */
async function observedBySdk(
  { observableRegistry }: MeterState,
  time: Time,
): Promise<readonly unknown[]> {
  const { _callbacks: callbacks, _batchCallbacks: batches } = observableRegistry
  return callbacks.length + batches.length === 0 ? [] : await observableRegistry.observe(time)
}
