import type { BatchObservableCallback, Meter, Observable } from '@opentelemetry/api'
import { hide } from '../../support/hidden-property.ts'
import { inBoth, type OurSide, onOurSide } from './our-side.ts'
import type {
  BatchCallback,
  InstrumentDescriptor,
  ObservableRegistry,
  OneCallback,
  SdkObservable,
} from './sdk-internals.ts'

/** Calls the callbacks of a meter's observable instruments for a meter of this package, too. */
export function shareObservables(registry: ObservableRegistry, { meter, onFault }: OurSide): void {
  const mirror = new ObservableMirror(meter)
  onOurSide(() => mirror.addAll(registry), onFault)
  const acts = {
    addCallback: mirror.add,
    removeCallback: mirror.remove,
    addBatchCallback: mirror.addBatch,
    removeBatchCallback: mirror.removeBatch,
  }
  for (const method of Object.keys(acts) as (keyof typeof acts)[]) {
    hide(registry, method, inBoth(registry[method].bind(registry), acts[method], onFault))
  }
}

const kinds: Readonly<Record<string, keyof Meter>> = {
  OBSERVABLE_COUNTER: 'createObservableCounter',
  OBSERVABLE_UP_DOWN_COUNTER: 'createObservableUpDownCounter',
  OBSERVABLE_GAUGE: 'createObservableGauge',
}

class ObservableMirror {
  readonly #meter: () => Meter | undefined
  /** By the instrument of the application's SDK. */
  readonly #observables = new WeakMap<object, Observable>()
  readonly #batches = new WeakMap<BatchObservableCallback, BatchObservableCallback>()

  constructor(meter: () => Meter | undefined) {
    this.#meter = meter
  }

  /** Adds the callbacks from before the preload. */
  addAll({ _callbacks: callbacks, _batchCallbacks: batches }: ObservableRegistry): void {
    for (const { callback, instrument } of callbacks) this.add(callback, instrument)
    for (const { callback, instruments } of batches) this.addBatch(callback, instruments)
  }

  readonly add: OneCallback = (callback, instrument) => {
    this.#oursOf(instrument)?.addCallback(callback)
  }

  readonly remove: OneCallback = (callback, instrument) => {
    this.#oursOf(instrument)?.removeCallback(callback)
  }

  readonly addBatch: BatchCallback = (callback, instruments) => {
    const ours = this.#allOf(instruments)
    if (ours.length > 0) this.#meter()?.addBatchObservableCallback(this.#batchOf(callback), ours)
  }

  readonly removeBatch: BatchCallback = (callback, instruments) => {
    const ours = this.#allOf(instruments)
    if (ours.length > 0) this.#meter()?.removeBatchObservableCallback(this.#batchOf(callback), ours)
  }

  #allOf(instruments: Iterable<SdkObservable>): Observable[] {
    return Array.from(instruments).flatMap((instrument) => this.#oursOf(instrument) ?? [])
  }

  /** Undefined for any other value that the application passes. */
  #oursOf(instrument: Partial<SdkObservable> | null | undefined): Observable | undefined {
    const descriptor = instrument?._descriptor
    if (!instrument || !descriptor) return undefined
    const known = this.#observables.get(instrument)
    const ours = known ?? this.#make(descriptor)
    if (ours) this.#observables.set(instrument, ours)
    return ours
  }

  #make({ name, type, ...options }: InstrumentDescriptor): Observable | undefined {
    const make = kinds[type] as 'createObservableGauge' | undefined
    return make && this.#meter()?.[make](name, options)
  }

  #batchOf(callback: BatchObservableCallback): BatchObservableCallback {
    const known = this.#batches.get(callback)
    if (known) return known
    const batch: BatchObservableCallback = async (result) => {
      const observe: typeof result.observe = (instrument, value, attributes) => {
        const ours = this.#observables.get(instrument)
        if (ours) result.observe(ours, value, attributes)
      }
      await callback({ observe })
    }
    this.#batches.set(callback, batch)
    return batch
  }
}
