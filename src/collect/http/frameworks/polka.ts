import { isObjectLike } from '../../../support/guards.ts'
import { apply } from '../../../support/intrinsics/apply.ts'
import type { Framework } from './hooks/framework.ts'
import { storeError, storeRoute } from './hooks/request-slot.ts'
import { wrapMethod } from './hooks/wrap-method.ts'

/*
 * Polka 0.5. The constructor of an application binds the handler, so the adapter can wrap only
 * `find`. The first handler of the found route then shows the request. Polka keeps only errors that
 * a handler gives to `next`.
 */

interface App {
  /** Mounted applications by the first segment of the path. */
  readonly apps: Readonly<Record<string, App>>
  /** By method and pattern. */
  readonly handlers: Readonly<Record<string, Readonly<Record<string, Handlers>>>>
}

type Handler = (this: unknown, ...values: unknown[]) => unknown
type Handlers = readonly Handler[]

interface Found {
  handlers: Handlers
}

interface Route {
  readonly pattern: string
  /** Applications around the route's own. Each is mounted at one fixed segment of the path. */
  readonly depth: number
}

export const polka: Framework = {
  name: 'polka',
  templateOf: (pointer, request) => {
    const { pattern, depth } = pointer as Route
    return depth === 0 ? pattern : `${prefixOf(request, depth)}${pattern === '/' ? '' : pattern}`
  },
  modules: [
    {
      file: 'polka/index.js',
      patch: (exports) => {
        // The module exports a function that makes an application, but no class.
        const example: object = (exports as () => object)()
        watchFind(Object.getPrototypeOf(example))
      },
    },
  ],
}

function prefixOf({ originalUrl }: { readonly originalUrl?: unknown }, depth: number): string {
  if (typeof originalUrl !== 'string') throw new TypeError('a request of Polka has another form')
  const segments = originalUrl.split('/', depth + 1)
  return segments.join('/').replace(/[?#].*$/s, '')
}

function watchFind(prototype: unknown): void {
  let app: App | undefined
  wrapMethod(prototype, 'find', {
    before: (self): undefined => {
      app = self as App
      watchApp(app)
    },
    after: (found) => {
      if (app && isObjectLike(found)) tellRoute(app, found as Found)
    },
  })
}

/** An outer application always looks for a route before its mounted applications do. */
const depths = new WeakMap<App, number>()

function watchApp(app: App): void {
  const depth = depths.get(app) ?? 0
  for (const inner of Object.values(app.apps)) depths.set(inner, depth + 1)
  wrapMethod(app, 'onError', {
    before: (_app, [error, request]): undefined => {
      storeError(request, error)
    },
  })
}

/** By the handlers of a route: the same handlers, with a wrapped first handler. */
const tellers = new WeakMap<Handlers, Handlers>()

function tellRoute(app: App, found: Found): void {
  const { handlers } = found
  const known = tellers.get(handlers)
  if (known) found.handlers = known
  const [first, ...others] = handlers
  if (known || first === undefined) return
  const route: Route = { pattern: patternOf(app, handlers), depth: depths.get(app) ?? 0 }
  const teller: Handler = function (...values) {
    storeRoute(values[0], polka, route)
    return apply(first, this, values)
  }
  found.handlers = [teller, ...others]
  tellers.set(handlers, found.handlers)
}

function patternOf(app: App, handlers: Handlers): string {
  const entries = Object.values(app.handlers).flatMap((patterns) => Object.entries(patterns))
  const pattern = entries.find(([, each]) => each === handlers)?.[0]
  if (pattern === undefined) throw new TypeError('a route of Polka has no pattern')
  return pattern.startsWith('/') ? pattern : `/${pattern}`
}
