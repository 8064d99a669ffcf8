import { isObjectLike } from '../../../../support/guards.ts'
import { apply } from '../../../../support/intrinsics/apply.ts'
import type { Framework, ModulePatch } from '../hooks/framework.ts'
import { withoutQuery } from '../hooks/path-text.ts'
import { prototypeOf } from '../hooks/prototypes.ts'
import { storeError, storeRoute } from '../hooks/request-slot.ts'
import { type Observer, wrapMethod } from '../hooks/wrap-method.ts'
import { anyRoute, isRouter, mountTemplate, routerOf } from './mounts.ts'
import { pathTemplate } from './paths.ts'
import { middlewareTemplate, visibleTemplate } from './visible-mounts.ts'

/*
 * Express 4.17 to 5.3, and what is made of its router: `router` 2, Sails, Nest on Express.
 *
 * `Route.dispatch` sees the route, the application and `baseUrl` at the time of the match. After an
 * error, Express resets `baseUrl` and the application. A bundled Express has no module to patch. In
 * a bundle, the application that listens leads to its classes. Behind another listener, the fields
 * `req.app` and `req.route` of the first request with a route lead to the classes.
 */

interface ExpressRequest {
  readonly originalUrl?: unknown
  readonly url?: unknown
  readonly baseUrl?: unknown
  readonly app?: unknown
  readonly route?: unknown
  /** The response. */
  readonly res?: unknown
}

/** What the adapter stores, so that the end of the request reads the text only. */
interface Matched {
  readonly template: string
}

export const express: Framework = {
  name: 'express',
  templateOf: (pointer) => (pointer as Matched).template,
  listener: (listener) => patchApplication(listener),
  fields: { templateOf: (request) => templateAtEnd(request) },
  modules: [
    ...modulesOf('router', 'router/lib', (owner) => wrap(owner, 'handleError', failing)),
    ...modulesOf('express/lib/router', 'express/lib/router', patchLayer4),
  ],
}

function modulesOf(
  router: string,
  folder: string,
  patchLayer: ModulePatch['patch'],
): ModulePatch[] {
  return [
    { file: `${router}/index.js`, patch: (owner) => wrap(owner, 'handle', routing) },
    { file: `${folder}/route.js`, patch: (owner) => wrap(owner, 'dispatch', dispatching) },
    { file: `${folder}/layer.js`, patch: patchLayer },
  ]
}

/** A bundled Express is in no module. Its classes are those of the application's own layers. */
function patchApplication(listener: unknown): void {
  const router = isObjectLike(listener) && 'mountpath' in listener ? routerOf(listener) : undefined
  if (!isRouter(router)) return
  const [layer] = router.stack
  patchPrototype(router, { handle: routing })
  patchPrototype(anyRoute(router), { dispatch: dispatching })
  patchPrototype(layer, { handleError: failing, handle_error: failing, handle_request: entering })
}

/** Wraps the methods that the class of an instance has. */
function patchPrototype(instance: unknown, observers: Readonly<Record<string, Observer>>): void {
  const prototype: unknown = isObjectLike(instance) ? Object.getPrototypeOf(instance) : undefined
  for (const [method, observer] of Object.entries(observers)) {
    if (isObjectLike(prototype) && method in prototype) wrapMethod(prototype, method, observer)
  }
}

/** Express 4 binds `dispatch` when a route is made. The layer of the route is found later. */
function patchLayer4(owner: unknown): void {
  wrap(owner, 'handle_error', failing)
  wrap(owner, 'handle_request', entering)
}

/** The router of Express 4 is its own prototype. */
function wrap(owner: unknown, method: string, observer: Observer): void {
  const prototype = prototypeOf(owner)
  const hasMethod = isObjectLike(prototype) && method in prototype
  wrapMethod(hasMethod ? prototype : owner, method, observer)
}

/** Without an error handler, an error reaches the callback of the router only. */
const routing: Observer = {
  before: (_router, [request, response, done]) => {
    if (typeof done !== 'function') throw new TypeError('Router.handle has other arguments')
    const observed = function (this: unknown, ...values: unknown[]): unknown {
      storeHandled(request, values[0])
      return apply(done, this, values)
    }
    return [request, response, observed]
  },
}

const dispatching: Observer = {
  before: (route, [request]) => {
    if (!isObjectLike(route) || !isObjectLike(request)) {
      throw new TypeError('Route.dispatch has other arguments')
    }
    storeRoute(request, express, matched(route, request))
    return undefined
  },
}

const entering: Observer = {
  before: (layer, [request]) => {
    const route: unknown = isObjectLike(layer) ? Reflect.get(layer, 'route') : undefined
    if (isObjectLike(route) && isObjectLike(request)) {
      storeRoute(request, express, matched(route, request))
    }
    return undefined
  },
}

const failing: Observer = {
  before: (_layer, [error, request]) => {
    storeHandled(request, error)
    return undefined
  },
}

/** Express passes these two texts like an error, to leave a route or a router. */
function storeHandled(request: unknown, error: unknown): void {
  if (error !== 'route' && error !== 'router') storeError(request, error)
}

interface Last extends Matched {
  readonly baseUrl: unknown
}

/** The last match of a route: a static mount has one template. */
const last = new WeakMap<object, Last>()

function matched(route: object, request: ExpressRequest): Matched {
  const { baseUrl } = request
  const known = last.get(route)
  if (known !== undefined && known.baseUrl === baseUrl) return known
  const path: unknown = Reflect.get(route, 'path')
  const mount = mountTemplate(route, { app: request.app, path: pathOf(request) })
  // The URL is the path behind the mounts.
  const own = pathTemplate(path, pathIn(request.url))
  const template = (mount ?? unknownTemplate(request)) + own
  const found = { template, baseUrl }
  // Another path of the array can match the next request.
  if (!Array.isArray(path)) last.set(route, found)
  return found
}

/** Express does not show the way to the route. The layers in front of the route are known. */
function unknownTemplate({ app, baseUrl }: ExpressRequest): string {
  const hasMount = typeof baseUrl === 'string' && baseUrl !== ''
  return hasMount ? visibleTemplate(app, baseUrl) : ''
}

function templateAtEnd(request: ExpressRequest): string | undefined {
  const { route } = request
  if (route === undefined) return templateOfMiddleware(request)
  // Restify has a route of another form.
  if (!isObjectLike(route) || !('stack' in route)) return undefined
  adoptLate(request.app, route)
  return matched(route, request).template
}

/** A 4xx without a route is the request of a scanner. */
function templateOfMiddleware({ app, res, originalUrl }: ExpressRequest): string | undefined {
  const status: unknown = isObjectLike(res) ? Reflect.get(res, 'statusCode') : undefined
  const isRefused = typeof status === 'number' && status >= 400 && status < 500
  if (isRefused || !isObjectLike(app) || !('mountpath' in app)) return undefined
  return middlewareTemplate(app, pathIn(originalUrl))
}

/** Applications with patched classes. */
const adopted = new WeakSet<object>()

/** The application of a bundle behind another listener. Later requests show their errors. */
function adoptLate(app: unknown, route: object): void {
  if (!isObjectLike(app) || adopted.has(app)) return
  adopted.add(app)
  patchApplication(app)
  patchPrototype(route, { dispatch: dispatching })
}

/** The path that the mounts have matched: `baseUrl`; after an error, a longer path. */
function pathOf({ baseUrl, originalUrl, url }: ExpressRequest): string {
  if (typeof baseUrl === 'string' && baseUrl !== '') return baseUrl
  return pathIn(originalUrl ?? url)
}

function pathIn(url: unknown): string {
  return typeof url === 'string' ? withoutQuery(url) : ''
}
