import type { IncomingMessage } from 'node:http'
import { limits } from '../limits.ts'
import { foldPath } from '../model/endpoint.ts'

/** What Express leaves on a request. */
interface ExpressFields {
  readonly originalUrl?: unknown
  readonly baseUrl?: unknown
  readonly route?: { readonly path?: unknown } | null
}

/** The target as the client sent it: Express cuts the mount path from `url`. */
export function originalTarget(request: IncomingMessage): string | undefined {
  const { originalUrl } = request as ExpressFields
  return typeof originalUrl === 'string' ? originalUrl : request.url
}

/** The route template, where the framework leaves it on the request: Express's `baseUrl` and `route.path`. */
export function routeOf(request: IncomingMessage): string | undefined {
  const { route, baseUrl } = request as ExpressFields
  const path = route?.path
  if (typeof path !== 'string') return undefined
  if (typeof baseUrl === 'string' && baseUrl !== '') return baseUrl + path
  return mountPath(request, path) + path
}

/**
 * An error that leaves a router takes `baseUrl` back and leaves `route`. What the target has in front
 * of the template's segments is then the path at which the router was mounted.
 */
function mountPath(request: IncomingMessage, template: string): string {
  // With wildcards and optional parts a template has no number of segments.
  if (/[*+?(){}[\]\\]/.test(template)) return ''
  const target = originalTarget(request)
  const path = target === undefined ? '' : foldPath(target, limits.pathChars)
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
