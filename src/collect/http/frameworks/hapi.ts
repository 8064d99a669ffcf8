import { isObjectLike } from '../../../support/guards.ts'
import type { Framework } from './hooks/framework.ts'
import { prototypeOf } from './hooks/prototypes.ts'
import { storeError, storeRoute } from './hooks/request-slot.ts'
import { type Observer, wrapMethod } from './hooks/wrap-method.ts'

/*
 * Hapi 20.1.2 and later, and 21. `Request.generate` makes the request of Hapi, which has the route.
 * Each error becomes the response of the request before `onPreResponse` can replace the error. A
 * validation replaces the error of the validator by a plain error: `failAction` sees both errors.
 *
 * The adapter cannot observe a bundled Hapi: the listener of a server is a closure that leads to no
 * object of Hapi.
 */

export const hapi: Framework = {
  name: 'hapi',
  templateOf: (request) => templateOf(request as HapiRequest),
  modules: [
    { file: '@hapi/hapi/lib/request.js', patch: patchRequest },
    { file: '@hapi/hapi/lib/toolkit.js', patch: patchToolkit },
  ],
}

interface HapiRequest {
  readonly raw?: {
    readonly req?: { readonly aborted?: unknown }
    readonly res?: { readonly destroyed?: unknown }
  }
  readonly route?: {
    readonly path?: unknown
    readonly method?: unknown
    readonly settings?: { readonly response?: { readonly disconnectStatusCode?: unknown } }
  }
  /** Null until Hapi has looked up the route. */
  readonly params?: unknown
}

/** Hapi's own routes for not found and bad requests. */
const special = '_special'

function templateOf({ route }: HapiRequest): string | undefined {
  if (route?.method === special) return undefined
  if (typeof route?.path !== 'string') throw new TypeError('the route has another form')
  return route.path
}

function patchRequest(request: unknown): void {
  wrapMethod(request, 'generate', generating)
  wrapMethod(prototypeOf(request), '_setResponse', responding)
}

const generating: Observer = {
  after: (request, [, raw]) => storeRoute(raw, hapi, request),
}

const responding: Observer = {
  before: (request, [response]) => {
    const boom = response as Boom | undefined
    if (boom?.isBoom === true) storeHandled(request as HapiRequest, boom)
    return undefined
  },
}

function patchToolkit(toolkit: unknown): void {
  const manager: unknown = isObjectLike(toolkit) ? Reflect.get(toolkit, 'Manager') : undefined
  wrapMethod(prototypeOf(manager), 'failAction', validating)
}

/** With another `failAction`, the application decides about the error. */
const validating: Observer = {
  before: (_manager, [request, action, _error, options]) => {
    const details: unknown = isObjectLike(options) ? Reflect.get(options, 'details') : undefined
    if (action === 'error') storeHandled(request as HapiRequest, details as Boom | undefined)
    return undefined
  },
}

interface Boom {
  readonly isBoom?: unknown
  readonly output?: { readonly statusCode?: unknown }
}

/** Hapi itself makes an error of a path without a route, and of a client that disconnects. */
function storeHandled({ raw, route, params }: HapiRequest, error: Boom | undefined): void {
  const isUnmatched = route?.method === special && params !== null
  const isGone = raw?.req?.aborted === true || raw?.res?.destroyed === true
  const ofDisconnect = route?.settings?.response?.disconnectStatusCode
  const isDisconnect = isGone && error?.output?.statusCode === ofDisconnect
  if (!isUnmatched && !isDisconnect) storeError(raw?.req, error)
}
