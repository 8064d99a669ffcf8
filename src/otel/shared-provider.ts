import type {
  BatchObservableCallback,
  Counter,
  Histogram,
  Meter,
  MeterProvider,
  MetricOptions,
  Observable,
  ObservableCallback,
} from '@opentelemetry/api'
import { ownScope } from '../model/own-scope.ts'
import { derived, inherited } from './override-methods.ts'

/**
 * The application's own provider, whose instruments record into ours as well: what it measures reaches
 * its own exporters and our page. Only OTel's public API is used; everything else about the provider,
 * such as `shutdown`, is the application's untouched.
 *
 * @param ours called when the first meter is made.
 */
export function sharedProvider(
  theirs: MeterProvider,
  ours: () => MeterProvider | undefined,
): MeterProvider {
  // The application may ask for its meter anew each time, and name what it made with another.
  const pairs: Pairs = { sides: new WeakMap(), batches: new WeakMap() }
  const getMeter: MeterProvider['getMeter'] = (name, version, options) => {
    const meter = theirs.getMeter(name, version, options)
    // What our instrumentation emits into an SDK is on our page already.
    const other = name === ownScope ? undefined : ours()?.getMeter(name, version, options)
    return other ? sharedMeter(meter, other, pairs) : meter
  }
  return inherited(theirs, { getMeter })
}

/** Name and options. */
type Given = [name: string, options?: MetricOptions]
type Method<T extends unknown[]> = (...values: T) => void
type Sides<T> = readonly [theirs: T, ours: T]
type BatchSides = Sides<BatchObservableCallback>

/** What was made for both, by what the application knows of it. */
interface Pairs {
  readonly sides: WeakMap<Observable, Sides<Observable>>
  readonly batches: WeakMap<BatchObservableCallback, BatchSides>
}

function sharedMeter(theirs: Meter, ours: Meter, { sides, batches }: Pairs): Meter {
  const recording = <K extends 'createCounter' | 'createUpDownCounter'>(kind: K) => ({
    [kind]: (...given: Given) => {
      const pair: Sides<Counter> = [theirs[kind](...given), ours[kind](...given)]
      return derived(pair[0], { add: both(pair, 'add') })
    },
  })
  const measuring = <K extends 'createHistogram' | 'createGauge'>(kind: K) => ({
    [kind]: (...given: Given) => {
      const pair: Sides<Histogram> = [theirs[kind](...given), ours[kind](...given)]
      return derived(pair[0], { record: both(pair, 'record') })
    },
  })
  const observing = <K extends ObservableKind>(kind: K) => ({
    [kind]: (...given: Given) => {
      const pair: Sides<Observable> = [theirs[kind](...given), ours[kind](...given)]
      const shared = sharedObservable(pair)
      sides.set(shared, pair)
      return shared
    },
  })
  const batching = (method: 'addBatchObservableCallback' | 'removeBatchObservableCallback') => ({
    [method]: (callback: BatchObservableCallback, observables: Observable[]) => {
      const pair = batches.get(callback) ?? batchSides(callback, sides)
      batches.set(callback, pair)
      const side = (index: 0 | 1) => observables.map((each) => sides.get(each)?.[index] ?? each)
      theirs[method](pair[0], side(0))
      ours[method](pair[1], side(1))
    },
  })
  return inherited(theirs, {
    ...recording('createCounter'),
    ...recording('createUpDownCounter'),
    ...measuring('createHistogram'),
    ...measuring('createGauge'),
    ...observing('createObservableCounter'),
    ...observing('createObservableUpDownCounter'),
    ...observing('createObservableGauge'),
    ...batching('addBatchObservableCallback'),
    ...batching('removeBatchObservableCallback'),
  })
}

type ObservableKind =
  | 'createObservableCounter'
  | 'createObservableUpDownCounter'
  | 'createObservableGauge'

function sharedObservable(pair: Sides<Observable>): Observable {
  const onBoth =
    (method: 'addCallback' | 'removeCallback') =>
    (callback: ObservableCallback): void => {
      for (const side of pair) side[method](callback)
    }
  return derived(pair[0], {
    addCallback: onBoth('addCallback'),
    removeCallback: onBoth('removeCallback'),
  })
}

/** The application names the shared instruments; each SDK knows its own only. */
function batchSides(
  callback: BatchObservableCallback,
  sides: WeakMap<Observable, Sides<Observable>>,
): BatchSides {
  const forSide =
    (index: 0 | 1): BatchObservableCallback =>
    async (result) => {
      const observe: typeof result.observe = (observable, value, attributes) =>
        result.observe(sides.get(observable)?.[index] ?? observable, value, attributes)
      await callback({ observe })
    }
  return [forSide(0), forSide(1)]
}

/** Theirs last: what theirs throws is the application's to see, and ours has it then all the same. */
function both<K extends string, T extends unknown[]>(
  [theirs, ours]: Sides<Record<K, Method<T>>>,
  method: K,
): Method<T> {
  return (...values) => {
    ours[method](...values)
    theirs[method](...values)
  }
}
