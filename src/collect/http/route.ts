import type { IncomingMessage } from 'node:http'
import { collectLimits } from '../../limits/collect.ts'
import { foldPath } from '../../model/endpoint.ts'
import { apiKey } from '../../otel/api-slot.ts'

/** What Express leaves on a request. */
interface ExpressFields {
  readonly originalUrl?: unknown
  readonly baseUrl?: unknown
  readonly route?: { readonly path?: unknown } | null
  readonly params?: Readonly<Record<string, unknown>> | null
}

/** The target as the client sent it: Express cuts the mount path from `url`. */
export function originalTarget(request: IncomingMessage): string | undefined {
  const { originalUrl } = request as ExpressFields
  return typeof originalUrl === 'string' ? originalUrl : request.url
}

/**
 * The route template: Express's, which it leaves on the request as `baseUrl` and `route.path`, else the
 * one that an OTel instrumentation of the framework has found for `http.route`.
 */
export function routeOf(request: IncomingMessage): string | undefined {
  return expressRoute(request) ?? contextRoute()
}

/** Where OTel's instrumentations keep it for each other: `RPC_METADATA` of `@opentelemetry/core`. */
const rpcMetadata = Symbol.for('OpenTelemetry SDK Context Key RPC_METADATA')

interface Globals {
  readonly context?: {
    readonly active: () => { readonly getValue: (key: symbol) => unknown }
  }
}

/** Undefined where the application runs no OTel SDK: without its context manager nothing is kept. */
function contextRoute(): string | undefined {
  const { [apiKey]: api } = globalThis as { [apiKey]?: Globals }
  try {
    const metadata = api?.context?.active().getValue(rpcMetadata) as { route?: unknown } | undefined
    return typeof metadata?.route === 'string' ? metadata.route : undefined
  } catch {
    // A context manager of the application's own making.
    return undefined
  }
}

function expressRoute(request: IncomingMessage): string | undefined {
  const { route, baseUrl, params } = request as ExpressFields
  const path = route?.path
  if (typeof path !== 'string') return undefined
  if (typeof baseUrl === 'string' && baseUrl !== '') return mountTemplate(baseUrl, params) + path
  return mountPath(request, path) + path
}

/**
 * Express tells the path at which a router is mounted as the client sent it. Where the router merges parameters their
 * names are known, elsewhere ids are folded.
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
 * An error that leaves a router takes `baseUrl` back and leaves `route`. What the target has in front
 * of the template's segments is then the path at which the router was mounted.
 */
function mountPath(request: IncomingMessage, template: string): string {
  // With wildcards and optional parts a template has no number of segments.
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
