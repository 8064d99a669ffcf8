import { otelLimits } from '../limits/otel.ts'
import { callSites } from '../support/process/call-sites.ts'
import { apiKey, visible } from './api-slot.ts'

// Taken now: the application can replace the function before its first use of metrics.
const { defineProperty } = Reflect

/** What the slot of OTel's API does for a reader, and for a registration. */
export interface SlotAccess {
  readonly read: () => unknown
  readonly assign: (value: unknown) => void
}

/**
 * Makes the slot of OTel's API work as without the preload, and looks for a first use of metrics.
 * Readers of all signals read the same value, so only the stack shows a use of metrics. Most
 * bundlers keep the names of methods. After the use, or the last watched read, the slot is a plain
 * property. If the application seals the global object, the slot stays an accessor without a watch.
 * @param onUse called once, for a use within the first reads. Must not throw.
 */
export function watchUnknownApi(onUse: () => void): SlotAccess {
  let value: unknown
  let reads = 0
  let isWatching = true
  const watch = (): void => {
    reads += 1
    const isUse = isUseOfMetrics()
    if (!isUse && reads < otelLimits.watchedReads) return
    isWatching = false
    defineProperty(globalThis, apiKey, { ...visible, value, writable: true })
    if (isUse) onUse()
  }
  return {
    read() {
      if (isWatching) watch()
      return value
    },
    assign(next) {
      value = next
    },
  }
}

/** Reads of our own, and of traces, have other callers. */
function isUseOfMetrics(): boolean {
  try {
    return callSites().some((site) => methods.has(nameOf(site) ?? ''))
  } catch {
    // The application can replace `Error`: then the stack can contain anything.
    return false
  }
}

const methods: ReadonlySet<string> = new Set(['getMeterProvider', 'setGlobalMeterProvider'])

/** The function's name can have the name of its class in front. */
function nameOf(site: NodeJS.CallSite): string | undefined {
  return site.getFunctionName()?.split('.').at(-1)
}
