import { otelLimits } from '../limits/otel.ts'
import { callSites } from '../support/process/call-sites.ts'
import { apiKey, visible } from './api-slot.ts'

/**
 * Makes the slot of OTel's API work as without the preload, and looks for a first use of metrics.
 * The slot has no other sign of the use: readers of each signal read the same value. Bundlers keep
 * the names of methods.
 * @param onUse called once, for a use within the first reads. Must not throw.
 */
export function watchUnknownApi(onUse: () => void): void {
  let value: unknown
  let reads = 0
  const end = (): void => {
    Object.defineProperty(globalThis, apiKey, { ...visible, value, writable: true })
  }
  Object.defineProperty(globalThis, apiKey, {
    ...visible,
    get() {
      reads += 1
      const isUse = isUseOfMetrics()
      if (isUse || reads >= otelLimits.watchedReads) end()
      if (isUse) onUse()
      return value
    },
    set(next: unknown) {
      value = next
    },
  })
}

/** Reads of our own, and of traces, have other callers. */
function isUseOfMetrics(): boolean {
  return callSites().some((site) => methods.has(nameOf(site) ?? ''))
}

const methods: ReadonlySet<string> = new Set(['getMeterProvider', 'setGlobalMeterProvider'])

/** The function's name can have the name of its class in front. */
function nameOf(site: NodeJS.CallSite): string | undefined {
  return site.getFunctionName()?.split('.').at(-1)
}
