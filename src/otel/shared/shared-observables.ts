import type { BatchObservableCallback, Meter, Observable } from '@opentelemetry/api'
import { hide } from '../../support/hidden-property.ts'
import type {
  BatchCallback,
  InstrumentDescriptor,
  ObservableRegistry,
  OneCallback,
  SdkObservable,
} from './sdk-internals.ts'

/**
 * Calls the callbacks of a meter's observable instruments for a meter of this package, too.
 *
 * @param ours called when the meter has a callback; undefined if the exporter is off.
 */
export function shareObservables(
  registry: ObservableRegistry,
  ours: () => Meter | undefined,
): void {
  const mirror = new ObservableMirror(ours)
  for (const { callback, instrument } of registry._callbacks) mirror.add(callback, instrument)
  for (const { callback, instruments } of registry._batchCallbacks) {
    mirror.addBatch(callback, instruments)
  }
  extend(registry, 'addCallback', mirror.add)
  extend(registry, 'removeCallback', mirror.remove)
  extend(registry, 'addBatchCallback', mirror.addBatch)
  extend(registry, 'removeBatchCallback', mirror.removeBatch)
}

type Method = Exclude<keyof ObservableRegistry, `_${string}`>

function extend<K extends Method>(
  registry: ObservableRegistry,
  method: K,
  act: ObservableRegistry[K],
): void {
  const theirs = registry[method].bind(registry) as (...values: unknown[]) => void
  hide(registry, method, (...values: Parameters<ObservableRegistry[K]>) => {
    theirs(...values)
    ;(act as (...given: unknown[]) => void)(...values)
  })
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

  /** Undefined for any other object that the application passes. */
  #oursOf(instrument: Partial<SdkObservable>): Observable | undefined {
    const { _descriptor: descriptor } = instrument
    if (!descriptor) return undefined
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
