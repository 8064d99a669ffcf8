import { registeredProvider } from './offered-provider.ts'
import { providerStateOf } from './shared/sdk-internals.ts'

/**
 * The port of the started PrometheusExporter of the application's own SDK. Undefined if the SDK has
 * no such reader, or is not registered.
 */
export function startedExporterPort(): number | undefined {
  const provider = registeredProvider()
  const collectors = (provider && providerStateOf(provider)?.metricCollectors) ?? []
  return collectors.map(({ _metricReader: reader }) => portOf(reader)).find((port) => port)
}

/** A bundler can rename the class, and keeps the names of properties. */
function portOf(reader: unknown): number | undefined {
  if (typeof reader !== 'object' || reader === null) return undefined
  const { _startServerPromise: started, _port: port } = reader as Record<string, unknown>
  return started !== undefined && typeof port === 'number' ? port : undefined
}
