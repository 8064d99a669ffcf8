import type { Attributes, Context } from '@opentelemetry/api'
import { hide } from '../../support/hidden-property.ts'
import { inBoth, type OurSide, onOurSide } from './our-side.ts'
import { derived } from './override-methods.ts'
import type { InstrumentDescriptor, MeterState, SyncStorage } from './sdk-internals.ts'

type Record = (value: number, attributes?: Attributes, context?: Context) => void

/**
 * Records what synchronous instruments of a meter measure with a meter of this package, too.
 *
 * @param collector of one reader. Each reader has its own storage of an instrument, and the
 * instrument records into all storages: one of the storages is enough.
 */
export function shareInstruments(state: MeterState, collector: unknown, ours: OurSide): void {
  const shared = new WeakSet<SyncStorage>()
  // Only the storages lead to instruments that exist.
  for (const storage of state.metricStorageRegistry.getStorages(collector)) {
    const record = recordingOf(storage.getInstrumentDescriptor(), ours)
    if (!record) continue
    shared.add(storage)
    hide(storage, 'record', both(record, storage, ours))
  }
  const isShared = (storage: SyncStorage): boolean =>
    shared.has(storage) || (storage._backingStorages?.some(isShared) ?? false)
  const register = state.registerMetricStorage.bind(state)
  hide(state, 'registerMetricStorage', (descriptor: InstrumentDescriptor) => {
    const storage = register(descriptor)
    // The SDK returns the same storage for an instrument of the same name.
    const record = isShared(storage) ? undefined : recordingOf(descriptor, ours)
    return record ? derived(storage, { record: both(record, storage, ours) }) : storage
  })
}

/** Undefined for an observable instrument, and for an instrument that our side cannot make. */
function recordingOf(descriptor: InstrumentDescriptor, ours: OurSide): Record | undefined {
  return onOurSide(() => newRecording(descriptor, ours), ours.onFault)
}

function newRecording(
  { name, type, ...options }: InstrumentDescriptor,
  { meter }: OurSide,
): Record | undefined {
  switch (type) {
    case 'COUNTER':
    case 'UP_DOWN_COUNTER': {
      const kind = type === 'COUNTER' ? 'createCounter' : 'createUpDownCounter'
      const counter = meter()?.[kind](name, options)
      return counter && ((value, attributes, context) => counter.add(value, attributes, context))
    }
    case 'HISTOGRAM':
    case 'GAUGE': {
      const kind = type === 'HISTOGRAM' ? 'createHistogram' : 'createGauge'
      const instrument = meter()?.[kind](name, options)
      return (
        instrument &&
        ((value, attributes, context) => instrument.record(value, attributes, context))
      )
    }
    default:
      return undefined
  }
}

function both(record: Record, storage: SyncStorage, { onFault }: OurSide): SyncStorage['record'] {
  return inBoth(storage.record.bind(storage), record, onFault)
}
