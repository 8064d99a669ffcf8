import { apiKey } from '../../otel/api-slot.ts'
import { isRecord } from '../../support/guards.ts'

/**
 * The context key under which OTel's instrumentations share the route: `RPC_METADATA` of
 * `@opentelemetry/core`.
 */
const rpcMetadata = Symbol.for('OpenTelemetry SDK Context Key RPC_METADATA')

interface Globals {
  readonly context?: {
    readonly active: () => { readonly getValue: (key: symbol) => unknown }
  }
}

/**
 * The route that an OTel instrumentation of a framework found. Undefined without an OTel SDK: only
 * the SDK's context manager keeps values in a context.
 */
export function contextRoute(): string | undefined {
  const api: Globals | undefined = Reflect.get(globalThis, apiKey)
  try {
    const metadata = api?.context?.active().getValue(rpcMetadata)
    const route = isRecord(metadata) ? metadata['route'] : undefined
    return typeof route === 'string' ? route : undefined
  } catch {
    // A context manager of the application can throw.
    return undefined
  }
}
