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
import { ownScope } from '../../model/own-scope.ts'
import { inBoth, onOurSide } from './our-side.ts'
import { derived, inherited } from './override-methods.ts'

/** Marks a wrapper. The bundles of the preload have copies of this module. */
const mark = Symbol.for('gunicorn-prometheus-exporter.shared-provider')

/** Whether the provider comes from `sharedProvider`. */
export function isSharedProvider(provider: object): boolean {
  return Reflect.get(provider, mark) === true
}

/**
 * Wraps the application's provider so that later instruments record into a provider of this
 * package, too. Values reach the application's exporters and the page. The wrapper uses OTel's
 * public API only, and changes no other methods, such as `shutdown`. Use the wrapper where
 * `shareSdk` does not know the provider.
 *
 * @param ours called when the application makes the first meter.
 * @param onFault called for an error of our side, which never reaches the application.
 */
export function sharedProvider(
  theirs: MeterProvider,
  ours: () => MeterProvider | undefined,
  onFault: () => void,
): MeterProvider {
  // The application can pass instruments of an earlier meter to a new meter.
  const pairs: Pairs = { sides: new WeakMap(), batches: new WeakMap(), onFault }
  const getMeter: MeterProvider['getMeter'] = (name, version, options) => {
    const meter = theirs.getMeter(name, version, options)
    // The page already has the metrics of our instrumentation.
    const makeOurs = () => ours()?.getMeter(name, version, options)
    const other = name === ownScope ? undefined : onOurSide(makeOurs, onFault)
    return other ? sharedMeter(meter, other, pairs) : meter
  }
  return inherited(theirs, { getMeter, [mark]: true })
}

type Given = [name: string, options?: MetricOptions]
type Sides<T> = readonly [theirs: T, ours: T]
type BatchSides = Sides<BatchObservableCallback>

/** Instruments and callbacks of both providers, by the application's object. */
interface Pairs {
  readonly sides: WeakMap<Observable, Sides<Observable>>
  readonly batches: WeakMap<BatchObservableCallback, BatchSides>
  readonly onFault: () => void
}

function sharedMeter(theirs: Meter, ours: Meter, { sides, batches, onFault }: Pairs): Meter {
  const recording = <K extends 'createCounter' | 'createUpDownCounter'>(kind: K) => ({
    [kind]: (...given: Given) => {
      const [one, other]: Sides<Counter> = [theirs[kind](...given), ours[kind](...given)]
      return derived(one, { add: inBoth(one.add.bind(one), other.add.bind(other), onFault) })
    },
  })
  const measuring = <K extends 'createHistogram' | 'createGauge'>(kind: K) => ({
    [kind]: (...given: Given) => {
      const [one, other]: Sides<Histogram> = [theirs[kind](...given), ours[kind](...given)]
      const record = inBoth(one.record.bind(one), other.record.bind(other), onFault)
      return derived(one, { record })
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

/** Replaces the application's shared instruments by the instruments of each SDK. */
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
