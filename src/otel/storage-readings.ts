import type * as Sdk from '@opentelemetry/sdk-metrics'
import type { Metric } from '../model/metric.ts'

/*
 * The used internals of an SDK's collector, equal from 2.12 to 3.1. The public way reads each
 * series of each instrument at each collection.
 */

export interface Collector {
  readonly _sharedState: { readonly meterSharedStates: ReadonlyMap<string, MeterState> }
}

export interface MeterState {
  readonly _instrumentationScope: Sdk.ScopeMetrics['scope']
  readonly metricStorageRegistry: {
    readonly getStorages: (collector: unknown) => readonly Storage[]
  }
  readonly observableRegistry: {
    readonly _callbacks: readonly Registered[]
    readonly _batchCallbacks: readonly unknown[]
    /** Returns the errors of the callbacks. */
    readonly observe: (time: Time) => Promise<readonly unknown[]>
  }
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
export type Time = [seconds: number, nanoseconds: number]

interface Storage {
  readonly collect: (collector: unknown, time: Time) => Sdk.MetricData | undefined
  readonly getInstrumentDescriptor?: () => unknown
  readonly _deltaMetricStorage?: { readonly _activeCollectionStorage?: { readonly size?: number } }
  readonly _temporalMetricStorage?: {
    readonly _unreportedAccumulations?: ReadonlyMap<unknown, readonly unknown[]>
    /** A new object at each collection of a collector. */
    readonly _reportHistory?: ReadonlyMap<unknown, object>
  }
}

/** Whether `collect` of the collector can be replaced by reads of its storages. */
export function isReadable(collector: Collector): boolean {
  const states: unknown = Reflect.get(collector._sharedState ?? {}, 'meterSharedStates')
  if (!(states instanceof Map)) return false
  return [...states.values()].every(
    ({ metricStorageRegistry, observableRegistry }: Partial<MeterState>) =>
      typeof metricStorageRegistry?.getStorages === 'function' &&
      typeof observableRegistry?.observe === 'function' &&
      Array.isArray(observableRegistry._callbacks) &&
      Array.isArray(observableRegistry._batchCallbacks),
  )
}

interface Kept {
  /** The SDK makes a new one for a new description. */
  readonly descriptor: unknown
  /** The SDK's note about the collection of the metric. */
  readonly collection: object | undefined
  readonly metric: Metric | undefined
}

/**
 * Reads the storages of one collector. A storage without a record since the last read keeps its
 * metric: the same object, so a report need not compare its series.
 */
export class StorageReadings {
  readonly #kept = new WeakMap<Storage, Kept>()
  readonly #convert: (data: Sdk.MetricData, scope: Sdk.ScopeMetrics['scope']) => Metric | undefined

  /** @param convert undefined for a metric that is left out. */
  constructor(
    convert: (data: Sdk.MetricData, scope: Sdk.ScopeMetrics['scope']) => Metric | undefined,
  ) {
    this.#convert = convert
  }

  read(state: MeterState, collector: Collector, time: Time): Metric[] {
    const metrics: Metric[] = []
    for (const storage of state.metricStorageRegistry.getStorages(collector)) {
      const metric = this.#metricOf(storage, collector, {
        time,
        scope: state._instrumentationScope,
      })
      if (metric) metrics.push(metric)
    }
    return metrics
  }

  #metricOf(
    storage: Storage,
    collector: Collector,
    { time, scope }: { readonly time: Time; readonly scope: Sdk.ScopeMetrics['scope'] },
  ): Metric | undefined {
    const descriptor = storage.getInstrumentDescriptor?.()
    const kept = this.#kept.get(storage)
    if (kept && kept.descriptor === descriptor && isQuiet(storage, collector, kept))
      return kept.metric
    const data = storage.collect(collector, time)
    const metric = data && this.#convert(data, scope)
    this.#kept.set(storage, { descriptor, metric, collection: lastCollection(storage, collector) })
    return metric
  }
}

/**
 * Whether the SDK has no record since the last read: its list of records is empty, no other reader
 * of a shared storage has taken records, and nobody has called `collect` of our own reader. Costs
 * `add` and `record` nothing. False for a storage of another form.
 */
function isQuiet(storage: Storage, collector: Collector, { collection }: Kept): boolean {
  const { _deltaMetricStorage: delta, _temporalMetricStorage: temporal } = storage
  return (
    collection !== undefined &&
    collection === lastCollection(storage, collector) &&
    delta?._activeCollectionStorage?.size === 0 &&
    temporal?._unreportedAccumulations?.get(collector)?.length === 0
  )
}

function lastCollection(
  { _temporalMetricStorage: temporal }: Storage,
  collector: Collector,
): object | undefined {
  return temporal?._reportHistory?.get(collector)
}
