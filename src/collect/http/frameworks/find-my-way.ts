import { isObjectLike } from '../../../support/guards.ts'
import type { Framework } from './hooks/framework.ts'
import { storeRoute } from './hooks/request-slot.ts'
import { type Observer, wrapMethod } from './hooks/wrap-method.ts'

/*
 * find-my-way 8 and 9 as the router of an application. A lookup finds a handler and a store, and
 * the router's list of routes has the path of the handler. find-my-way itself handles no errors.
 * Fastify also uses find-my-way, and Fastify's own adapter then stores the route. After
 * `router.compile()`, find-my-way calls handlers without a method that the adapter can wrap.
 */

interface Router {
  readonly routes: readonly Route[]
}

interface Route {
  readonly method: string
  readonly path: string
  readonly handler: unknown
  readonly store: unknown
}

/** What a lookup finds. */
interface Found {
  readonly handler: { readonly name: string }
  readonly store: unknown
}

export const findMyWay: Framework = {
  name: 'find-my-way',
  templateOf: (pointer) => (pointer as Route).path,
  modules: [
    {
      file: 'find-my-way/index.js',
      patch: (exports) => {
        const { prototype } = exports as { readonly prototype: object }
        // Fastify 3 and Restify contain older versions, which need no patch.
        if ('callHandler' in prototype) wrapMethod(prototype, 'callHandler', calling)
      },
    },
  ],
}

const calling: Observer = {
  before: (router, [found, request]): undefined => {
    if (!isObjectLike(found) || isOfFastify(found as Found)) return
    const route = routeOf(router as Router, found as Found, request as Request)
    if (route) storeRoute(request, findMyWay, route)
  },
}

interface Request {
  readonly method?: string
  readonly url?: string
}

function isOfFastify({ handler, store }: Found): boolean {
  return handler.name === 'routeHandler' && isObjectLike(store) && 'config' in store
}

interface Index {
  readonly length: number
  readonly byHandler: ReadonlyMap<unknown, readonly Route[]>
}

/** By list of routes: new routes grow the list, and `off` makes a new list. */
const indexes = new WeakMap<readonly Route[], Index>()

function routeOf({ routes }: Router, found: Found, request: Request): Route | undefined {
  let index = indexes.get(routes)
  if (index?.length !== routes.length) {
    index = { length: routes.length, byHandler: byHandler(routes) }
    indexes.set(routes, index)
  }
  // find-my-way gives a target that is no URL to a handler without a route.
  const [only, ...others] = index.byHandler.get(found.handler) ?? []
  return only === undefined || others.length === 0
    ? only
    : bestOf([only, ...others], found, request)
}

function byHandler(routes: readonly Route[]): Map<unknown, Route[]> {
  const groups = new Map<unknown, Route[]>()
  for (const route of routes) {
    const group = groups.get(route.handler)
    if (group) group.push(route)
    else groups.set(route.handler, [route])
  }
  return groups
}

/** Of several routes with the handler, the route with the most fixed segments that fit the path. */
function bestOf(
  candidates: readonly Route[],
  { store }: Found,
  { method, url = '' }: Request,
): Route | undefined {
  const segments = segmentsOf(decoded(url.replace(/[?#;].*$/s, '')))
  let best: Route | undefined
  let most = -1
  for (const route of candidates) {
    if (route.method !== method || (route.store ?? null) !== store) continue
    const fixed = fixedSegments(segmentsOf(route.path), segments)
    if (fixed > most) [best, most] = [route, fixed]
  }
  return best
}

/** Clients can send a malformed path. The handler of such paths has no route. */
function decoded(path: string): string {
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}

/** Without the empty segment behind a slash at the end, which the router can ignore. */
function segmentsOf(path: string): string[] {
  return path.replace(/\/$/, '').split('/')
}

/** @returns -1 if the path does not fit the parts of the template. */
function fixedSegments(parts: readonly string[], segments: readonly string[]): number {
  const isOpen = parts.at(-1)?.endsWith('*') === true
  const fits = isOpen ? segments.length >= parts.length : segments.length === parts.length
  const fixed = parts.map((part, index) => fixedSegment(part, segments[index]))
  return fits && !fixed.includes(-1) ? fixed.reduce((sum, each) => sum + each, 0) : -1
}

/** The router can ignore the case of letters. */
function fixedSegment(part: string, segment: string | undefined): number {
  if (/[:*]/.test(part)) return 0
  return part.toLowerCase() === segment?.toLowerCase() ? 1 : -1
}
