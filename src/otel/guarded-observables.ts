import type {
  BatchObservableCallback,
  Meter,
  MetricOptions,
  Observable,
  ObservableCallback,
} from '@opentelemetry/api'
import { hide } from '../support/hidden-property.ts'
import { late } from '../support/time-limit.ts'
import { timedCallback } from './timed-callback.ts'

/** The error of an observable callback of the application. The `cause` is the thrown value. */
export class ObservableError extends Error {
  /** The names of the metrics that the callback observes. */
  readonly metrics: string

  constructor(metrics: string, options: { readonly cause: unknown }) {
    super(`the callback of ${metrics} failed`, options)
    this.metrics = metrics
  }

  /** Whether the callback takes longer than `otelLimits.observationTimeoutMs`. */
  get isLate(): boolean {
    return this.cause === late
  }
}

const makers = [
  'createObservableCounter',
  'createObservableUpDownCounter',
  'createObservableGauge',
] as const

/** Most metrics of a batch callback that an error names. */
const namedMetrics = 3

/**
 * The observable instruments of a provider. An error of a callback becomes an `ObservableError`:
 * the SDK reports the error alone, and not the metric. The application can pass instruments and
 * callbacks of an earlier meter to a new meter, so all meters share the maps.
 */
export class GuardedObservables {
  readonly #names = new WeakMap<Observable, string>()
  readonly #batches = new WeakMap<BatchObservableCallback, BatchObservableCallback>()

  /** The methods of a meter for observable instruments. */
  methodsOf(meter: Meter): Partial<Meter> {
    const make =
      (maker: (typeof makers)[number]) =>
      (name: string, options?: MetricOptions): Observable => {
        const instrument = meter[maker](name, options)
        this.#names.set(instrument, name)
        nameErrors(instrument, name)
        return instrument
      }
    return {
      ...Object.fromEntries(makers.map((maker) => [maker, make(maker)])),
      addBatchObservableCallback: (callback, instruments) =>
        meter.addBatchObservableCallback(this.#named(callback, instruments), instruments),
      removeBatchObservableCallback: (callback, instruments) =>
        meter.removeBatchObservableCallback(this.#named(callback, instruments), instruments),
    }
  }

  #named(
    callback: BatchObservableCallback,
    instruments: readonly Observable[],
  ): BatchObservableCallback {
    const names = instruments.slice(0, namedMetrics).map((each) => String(this.#names.get(each)))
    const named = this.#batches.get(callback) ?? withName(callback, names.join(', '))
    this.#batches.set(callback, named)
    return named
  }
}

/** Changes the SDK's own object, because the SDK knows its instruments by identity. */
function nameErrors(instrument: Observable, name: string): void {
  const callbacks = new WeakMap<ObservableCallback, ObservableCallback>()
  const add = instrument.addCallback.bind(instrument)
  const remove = instrument.removeCallback.bind(instrument)
  hide(instrument, 'addCallback', (callback: ObservableCallback) => {
    const named = callbacks.get(callback) ?? withName(callback, name)
    callbacks.set(callback, named)
    add(named)
  })
  hide(instrument, 'removeCallback', (callback: ObservableCallback) =>
    remove(callbacks.get(callback) ?? callback),
  )
}

function withName<Result extends Parameters<ObservableCallback | BatchObservableCallback>[0]>(
  callback: (result: Result) => void | Promise<void>,
  name: string,
): (result: Result) => Promise<void> {
  const timed = timedCallback(callback)
  return async (result) => {
    try {
      await timed(result)
    } catch (error) {
      throw new ObservableError(name, { cause: error })
    }
  }
}
