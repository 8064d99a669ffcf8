import type { Meter, MeterProvider } from '@opentelemetry/api'
import type { Stop } from '../support/stop.ts'
import { type CollectionOptions, collectInto } from './sdk-collection.ts'

interface Shared {
  readonly stop: Stop
  owners: number
}

export interface Collecting extends CollectionOptions {
  readonly provider: MeterProvider
  /** Of the provider. */
  readonly meter: Meter
}

/** The collections of this process: one per provider, even with several instrumentations. */
const collections = new WeakMap<MeterProvider, Shared>()

/**
 * Collects into the meter of a provider, unless a collection for the provider runs. The options of
 * the first collection count.
 * @returns a stop. The last stop of the provider ends the collection.
 */
export function shareCollection({ provider, meter, ...options }: Collecting): Stop {
  const shared = collections.get(provider) ?? { stop: collectInto(meter, options), owners: 0 }
  collections.set(provider, shared)
  shared.owners += 1
  let isOwner = true
  return () => {
    if (!isOwner) return
    isOwner = false
    shared.owners -= 1
    if (shared.owners > 0) return
    collections.delete(provider)
    shared.stop()
  }
}
