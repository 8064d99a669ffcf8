import { isObjectLike } from '../../../support/guards.ts'
import { callText } from './hooks/changed-sources.ts'
import type { Framework } from './hooks/framework.ts'
import { methodOwner, prototypeOf } from './hooks/prototypes.ts'
import { storeError, storeRoute } from './hooks/request-slot.ts'
import { type Observer, wrapMethod } from './hooks/wrap-method.ts'

/*
 * Next 14.2 to 16: the routers `app` and `pages`, behind `next start` and in a custom server.
 *
 * Next leaves the matched route on the request. The adapter needs a slot in two cases:
 *   - Another framework is in front of Next: its catch-all route hides the route of Next.
 *   - After an error, the error page replaces the route.
 * `next start` listens before the server loads. For classes of errors, the adapter then needs
 * Node's hook.
 *
 * Since 15.0, each error passes a method for `onRequestError` of the application. In 15.0, the
 * server has this method. Later, a class in the compiled runtime has the method. In 14, only the
 * error page shows an error.
 */

interface Meta {
  readonly match?: { readonly definition?: { readonly pathname?: unknown } }
}

export const metaKey: unique symbol = Symbol.for('NextInternalRequestMeta')
const method = 'instrumentationOnRequestError'
const server = 'next/dist/server/base-server.js'
/** Pages that Next shows instead of a route. */
const internal: ReadonlySet<unknown> = new Set([
  '/_error',
  '/_not-found',
  '/_global-error',
  '/404',
  '/500',
])

export const next: Framework = {
  name: 'next',
  // After an error, the pointer is the template. Otherwise, the pointer is the request.
  templateOf: (pointer) =>
    typeof pointer === 'string' ? pointer : isObjectLike(pointer) ? templateOf(pointer) : undefined,
  fields: { templateOf },
  modules: [{ file: server, patch: patchServer }],
  sources: [
    { package: 'next', file: server, change: (source) => handOver(source, 'server') },
    {
      package: 'next',
      file: 'next/dist/compiled/next-server/',
      change: (source) => (source.includes(method) ? handOver(source, 'runtime') : source),
    },
  ],
  onCall: (kind, exports) => {
    if (kind === 'server') patchServer(exports)
    else patchRuntime(exports)
  },
}

/** No `Reflect.get`: for a request without the key, it takes 40 ns of 250 for all our work. */
function templateOf(request: { readonly [metaKey]?: Meta }): string | undefined {
  const pathname = request[metaKey]?.match?.definition?.pathname
  return typeof pathname === 'string' && !internal.has(pathname) ? pathname : undefined
}

function handOver(source: string, kind: string): string {
  return `${source}\n;${callText('next', `'${kind}', module.exports`)};\n`
}

/** The class `Server` is the default export. */
function patchServer(exports: unknown): void {
  const server = isObjectLike(exports) ? Reflect.get(exports, 'default') : undefined
  const prototype = prototypeOf(server)
  wrapMethod(prototype, 'handleRequestImpl', entering)
  wrapMethod(prototype, 'renderErrorToResponse', showing)
  const reports = isObjectLike(prototype) && method in prototype
  if (reports) wrapMethod(prototype, method, reporting)
}

/** Each class of a route inherits the method. `onRequestError` calls the method, too. */
function patchRuntime(exports: unknown): void {
  if (!isObjectLike(exports)) return
  for (const exported of Object.values(exports)) {
    const isClass = typeof exported === 'function'
    const owner = isClass ? methodOwner(prototypeOf(exported), method) : undefined
    if (owner) wrapMethod(owner, method, failing)
  }
}

const entering: Observer = {
  before: (_server, [request]) => {
    const raw = rawOf(request)
    storeRoute(raw, next, raw)
    return undefined
  },
}

/** Runs before the error page takes the place of the route. */
const showing: Observer = {
  before: (_server, [context, error]) => {
    const raw = rawOf(isObjectLike(context) ? Reflect.get(context, 'req') : undefined)
    keepRoute(raw)
    storeError(raw, error)
    return undefined
  },
}

const reporting: Observer = { before: (_server, [error, request]) => report(request, error) }
const failing: Observer = { before: (_route, [request, error]) => report(request, error) }

function report(request: unknown, error: unknown): undefined {
  const raw = rawOf(request)
  keepRoute(raw)
  storeError(raw, error)
  return undefined
}

function keepRoute(raw: unknown): void {
  const template = isObjectLike(raw) ? templateOf(raw) : undefined
  if (template !== undefined) storeRoute(raw, next, template)
}

/** Next wraps the request of Node. */
function rawOf(request: unknown): unknown {
  return (isObjectLike(request) && Reflect.get(request, 'originalRequest')) || request
}
