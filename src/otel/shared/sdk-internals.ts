import type {
  BatchObservableCallback,
  MetricOptions,
  Observable,
  ObservableCallback,
} from '@opentelemetry/api'

/*
 * The used internals of an OTel SDK's MeterProvider, equal from 1.25 to 3.1. The SDK has no public
 * access to existing instruments.
 */

export interface ProviderState {
  /** One collector for each reader. */
  readonly metricCollectors: readonly { readonly _metricReader?: unknown }[]
  readonly meterSharedStates: ReadonlyMap<string, MeterState>
  readonly getMeterSharedState: (scope: Scope) => MeterState
}

export interface Scope {
  readonly name: string
  readonly version?: string
  readonly schemaUrl?: string
}

/** All instruments of a meter. */
export interface MeterState {
  readonly _instrumentationScope: Scope
  readonly registerMetricStorage: (descriptor: InstrumentDescriptor) => SyncStorage
  readonly metricStorageRegistry: {
    readonly getStorages: (collector: unknown) => readonly (SyncStorage & Described)[]
  }
  readonly observableRegistry: ObservableRegistry
}

export interface InstrumentDescriptor extends MetricOptions {
  readonly name: string
  readonly type: string
}

export interface SyncStorage {
  readonly record: (...measurement: never[]) => void
  /** The storages of a storage for several readers. */
  readonly _backingStorages?: readonly SyncStorage[]
}

interface Described {
  readonly getInstrumentDescriptor: () => InstrumentDescriptor
}

export type SdkObservable = Observable & { readonly _descriptor: InstrumentDescriptor }

export interface ObservableRegistry {
  readonly _callbacks: readonly {
    readonly callback: ObservableCallback
    readonly instrument: SdkObservable
  }[]
  readonly _batchCallbacks: readonly {
    readonly callback: BatchObservableCallback
    readonly instruments: ReadonlySet<SdkObservable>
  }[]
  readonly addCallback: OneCallback
  readonly removeCallback: OneCallback
  readonly addBatchCallback: BatchCallback
  readonly removeBatchCallback: BatchCallback
}

export type OneCallback = (callback: ObservableCallback, instrument: SdkObservable) => void
export type BatchCallback = (
  callback: BatchObservableCallback,
  instruments: Iterable<SdkObservable>,
) => void

/** Undefined if the provider is of no known SDK, or frozen. */
export function providerStateOf(provider: object): ProviderState | undefined {
  const state: unknown = Reflect.get(provider, '_sharedState')
  const isKnown =
    isOpen(state, ['getMeterSharedState']) &&
    Array.isArray(Reflect.get(state, 'metricCollectors')) &&
    Reflect.get(state, 'meterSharedStates') instanceof Map
  return isKnown ? (state as ProviderState) : undefined
}

export function isMeterState(state: unknown): state is MeterState {
  if (!isOpen(state, ['registerMetricStorage'])) return false
  const observables: unknown = Reflect.get(state, 'observableRegistry')
  return (
    hasMethods(Reflect.get(state, 'metricStorageRegistry'), ['getStorages']) &&
    isOpen(observables, registryMethods) &&
    Array.isArray(Reflect.get(observables, '_callbacks')) &&
    Array.isArray(Reflect.get(observables, '_batchCallbacks'))
  )
}

const registryMethods = [
  'addCallback',
  'removeCallback',
  'addBatchCallback',
  'removeBatchCallback',
] as const

/** Whether an object has the methods, and takes other methods in their place. */
function isOpen(value: unknown, methods: readonly string[]): value is object {
  return hasMethods(value, methods) && Object.isExtensible(value)
}

function hasMethods(value: unknown, methods: readonly string[]): value is object {
  if (typeof value !== 'object' || value === null) return false
  return methods.every((method) => typeof Reflect.get(value, method) === 'function')
}
