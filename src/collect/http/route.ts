import type { IncomingMessage } from 'node:http'
import { collectLimits } from '../../limits/collect.ts'
import { foldPath } from '../../model/endpoint.ts'
import { apiKey } from '../../otel/api-slot.ts'
import { isRecord } from '../../support/guards.ts'

/** The fields that Express adds to a request. */
interface ExpressFields {
  readonly originalUrl?: unknown
  readonly baseUrl?: unknown
  readonly route?: { readonly path?: unknown } | null
  readonly params?: Readonly<Record<string, unknown>> | null
}

type ExpressRequest = IncomingMessage & ExpressFields

/** The request target as the client sent it. Express removes the mount path from `url`. */
export function originalTarget(request: ExpressRequest): string | undefined {
  const { originalUrl } = request
  return typeof originalUrl === 'string' ? originalUrl : request.url
}

/**
 * The route template. Express leaves the template on the request, as `baseUrl` and `route.path`.
 * For other frameworks, an OTel instrumentation of the framework provides the template for
 * `http.route`.
 */
export function routeOf(request: IncomingMessage): string | undefined {
  return expressRoute(request) ?? contextRoute()
}

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

/** Undefined without an OTel SDK: only the SDK's context manager keeps values in a context. */
function contextRoute(): string | undefined {
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

function expressRoute(request: ExpressRequest): string | undefined {
  const { route, baseUrl, params } = request
  const path = route?.path
  if (typeof path !== 'string') return undefined
  if (typeof baseUrl === 'string' && baseUrl !== '') return mountTemplate(baseUrl, params) + path
  return mountPath(request, path) + path
}

/**
 * `baseUrl` holds the mount path of a router as the client sent the path. A router that merges
 * parameters provides their names. Without names, the ids in the path are folded.
 */
function mountTemplate(baseUrl: string, params: ExpressFields['params']): string {
  const names = new Map(Object.entries(params ?? {}).map(([name, value]) => [value, name]))
  const folded = foldPath(baseUrl, collectLimits.pathChars).split('/')
  const segments = baseUrl.split('/').map((segment, index) => {
    const name = segment === '' ? undefined : names.get(decoded(segment))
    return name === undefined ? folded[index] : `:${name}`
  })
  return segments.slice(0, folded.length).join('/')
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/**
 * When an error leaves a router, Express resets `baseUrl` and keeps `route`. The mount path is then
 * the part of the target in front of the template's segments.
 */
function mountPath(request: IncomingMessage, template: string): string {
  // A template with wildcards or optional parts has no fixed number of segments.
  if (/[*+?(){}[\]\\]/.test(template)) return ''
  const target = originalTarget(request)
  const path = target === undefined ? '' : foldPath(target, collectLimits.pathChars)
  const segments = segmentsOf(path)
  const extra = segments.length - segmentsOf(template).length
  return extra > 0
    ? segments
        .slice(0, extra)
        .map((segment) => `/${segment}`)
        .join('')
    : ''
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}
