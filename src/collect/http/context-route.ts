import { apiKey } from '../../otel/api-slot.ts'
import { isRecord } from '../../support/guards.ts'

/**
 * The context key under which OTel's instrumentations share the route: `RPC_METADATA` of
 * `@opentelemetry/core`.
 */
const rpcMetadata = Symbol.for('OpenTelemetry SDK Context Key RPC_METADATA')

interface Api {
  readonly context?: {
    readonly active: () => { readonly getValue: (key: symbol) => unknown }
  }
}

/** OTel's API, once it has a context manager. */
let api: Api | undefined
let calls = 0
/** Calls between two searches for the API, which cost 0.07 µs. */
const searchEvery = 256

/**
 * The route that an OTel instrumentation of a framework found. Undefined without an OTel SDK: only
 * the SDK's context manager keeps values in a context. An SDK starts before the server, so that a
 * search for a later start is rare.
 */
export function contextRoute(): string | undefined {
  // A short function, which V8 copies into its caller.
  return api?.context === undefined && !isSearchDue() ? undefined : readRoute()
}

function isSearchDue(): boolean {
  calls += 1
  return calls % searchEvery === 1
}

function readRoute(): string | undefined {
  try {
    if (api?.context === undefined) api = Reflect.get(globalThis, apiKey)
    const metadata = api?.context?.active().getValue(rpcMetadata)
    const route = isRecord(metadata) ? metadata['route'] : undefined
    return typeof route === 'string' ? route : undefined
  } catch {
    // A context manager of the application can throw.
    return undefined
  }
}
