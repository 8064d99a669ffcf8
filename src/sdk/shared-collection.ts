import type { Meter, MeterProvider } from '@opentelemetry/api'
import type { Stop } from '../support/stop.ts'
import { collectInto } from './sdk-collection.ts'

interface Shared {
  readonly stop: Stop
  owners: number
}

/** A process measures itself once per provider, though it have several instrumentations. */
const collections = new WeakMap<MeterProvider, Shared>()

/**
 * Collects into the meter of a provider, unless that is done already.
 * @returns how to let go of it: the last one stops the collection.
 */
export function shareCollection(provider: MeterProvider, meter: Meter): Stop {
  const shared = collections.get(provider) ?? { stop: collectInto(meter), owners: 0 }
  collections.set(provider, shared)
  shared.owners += 1
  let isHeld = true
  return () => {
    if (!isHeld) return
    isHeld = false
    shared.owners -= 1
    if (shared.owners > 0) return
    collections.delete(provider)
    shared.stop()
  }
}
