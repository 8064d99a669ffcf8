import type { Attributes, Context, Meter } from '@opentelemetry/api'
import { hide } from '../../support/hidden-property.ts'
import { derived } from './override-methods.ts'
import type { InstrumentDescriptor, MeterState, SyncStorage } from './sdk-internals.ts'

type Record = (value: number, attributes?: Attributes, context?: Context) => void

/**
 * Records what synchronous instruments of a meter measure with a meter of this package, too.
 *
 * @param collector of one reader. Each reader has its own storage of an instrument, and the
 * instrument records into all storages: one of the storages is enough.
 * @param ours called when the meter has an instrument; undefined if the exporter is off.
 */
export function shareInstruments(
  state: MeterState,
  collector: unknown,
  ours: () => Meter | undefined,
): void {
  const shared = new WeakSet<SyncStorage>()
  // Only the storages lead to instruments that exist.
  for (const storage of state.metricStorageRegistry.getStorages(collector)) {
    const record = recordingOf(storage.getInstrumentDescriptor(), ours)
    if (!record) continue
    shared.add(storage)
    hide(storage, 'record', both(record, storage))
  }
  const isShared = (storage: SyncStorage): boolean =>
    shared.has(storage) || (storage._backingStorages?.some(isShared) ?? false)
  const register = state.registerMetricStorage.bind(state)
  hide(state, 'registerMetricStorage', (descriptor: InstrumentDescriptor) => {
    const storage = register(descriptor)
    // The SDK returns the same storage for an instrument of the same name.
    const record = isShared(storage) ? undefined : recordingOf(descriptor, ours)
    return record ? derived(storage, { record: both(record, storage) }) : storage
  })
}

/** Undefined for an observable instrument. */
function recordingOf(
  { name, type, ...options }: InstrumentDescriptor,
  ours: () => Meter | undefined,
): Record | undefined {
  switch (type) {
    case 'COUNTER':
    case 'UP_DOWN_COUNTER': {
      const kind = type === 'COUNTER' ? 'createCounter' : 'createUpDownCounter'
      const counter = ours()?.[kind](name, options)
      return counter && ((...measurement) => counter.add(...measurement))
    }
    case 'HISTOGRAM':
    case 'GAUGE': {
      const kind = type === 'HISTOGRAM' ? 'createHistogram' : 'createGauge'
      const instrument = ours()?.[kind](name, options)
      return instrument && ((...measurement) => instrument.record(...measurement))
    }
    default:
      return undefined
  }
}

function both(record: Record, storage: SyncStorage): (...measurement: never[]) => void {
  const theirs = storage.record.bind(storage)
  return (...measurement) => {
    const [value, attributes, context] = measurement
    record(value as never, attributes, context)
    theirs(...measurement)
  }
}
