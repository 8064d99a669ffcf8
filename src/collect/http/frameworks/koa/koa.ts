import { isObjectLike } from '../../../../support/guards.ts'
import type { Framework } from '../hooks/framework.ts'
import { methodOwner, prototypeOf } from '../hooks/prototypes.ts'
import { storeError, storeRoute } from '../hooks/request-slot.ts'
import { type Observer, wrapMethod } from '../hooks/wrap-method.ts'
import { koaTemplate } from './template.ts'

/*
 * Koa 2 and 3, with `@koa/router` 8 to 15, `koa-router` 7.4 to 14, and `koa-mount`.
 *
 * `createContext` makes the context of a request, and the router leaves the route on the context.
 * An error that reaches Koa arrives at `context.onerror`. For an error that a middleware catches,
 * applications call `recordError(ctx, error)`.
 *
 * The adapter cannot observe a bundled Koa: the listener of a server is a closure that leads to no
 * object of Koa. Applications in a bundle call `setRoute(ctx, template)`.
 */

export const koa: Framework = {
  name: 'koa',
  templateOf: (context) => koaTemplate(context as object),
  modules: [{ file: 'koa/lib/application.js', patch: patchApplication }],
}

function patchApplication(application: unknown): void {
  wrapMethod(prototypeOf(application), 'createContext', {
    before: (app) => patchContext(app),
    after: (context, [request]) => storeRoute(request, koa, context),
  })
}

/** The prototypes of contexts, one for each application. */
const patched = new WeakSet<object>()

/** `koa-onerror` and others give an application its own `onerror`. */
function patchContext(app: unknown): undefined {
  const context: unknown = isObjectLike(app) ? Reflect.get(app, 'context') : undefined
  if (!isObjectLike(context) || patched.has(context)) return
  patched.add(context)
  wrapMethod(methodOwner(context, 'onerror'), 'onerror', failing)
}

const failing: Observer = {
  before: (context, [error]) => {
    if (isObjectLike(context)) storeError(Reflect.get(context, 'req'), error)
    return undefined
  },
}
