import type { IncomingMessage } from 'node:http'

/** The route template, where the framework leaves it on the request: Express's `baseUrl` and `route.path`. */
export function routeOf(request: IncomingMessage): string | undefined {
  const { route, baseUrl } = request as { route?: { path?: unknown } | null; baseUrl?: unknown }
  const path = route?.path
  if (typeof path !== 'string') return undefined
  return typeof baseUrl === 'string' ? baseUrl + path : path
}
