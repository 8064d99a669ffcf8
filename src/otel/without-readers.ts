import { providerStateOf } from './shared/sdk-internals.ts'

/** Whether a provider has no reader. False for a provider of an unknown SDK. */
export function isWithoutReaders(provider: object): boolean {
  return providerStateOf(provider)?.metricCollectors.length === 0
}
