import { isObjectLike } from '../../../support/guards.ts'
import type { Framework } from './hooks/framework.ts'
import { withoutSlash } from './hooks/path-text.ts'
import { prototypeOf } from './hooks/prototypes.ts'
import { storeRoute } from './hooks/request-slot.ts'
import { type Observer, wrapMethod } from './hooks/wrap-method.ts'

/*
 * Socket.IO 4, and Engine.IO 5 and 6 without Socket.IO. All requests below the path of the engine
 * have one route: polls, messages, and refused requests. `engine.handleRequest` sees the requests.
 * In a bundle, requests below the default path count if they have the query that the engine adds.
 * Node has no request event for the upgrade to a WebSocket.
 */

export const socketIo: Framework = {
  name: 'socket.io',
  templateOf: (engine) => pathOf(engine as Engine),
  fields: { templateOf: templateAtEnd },
  modules: [
    { file: 'engine.io/lib/server.js', patch: (owner) => patchServer(owner) },
    {
      file: 'engine.io/build/server.js',
      patch: (owner) => patchServer(Reflect.get(Object(owner), 'Server')),
    },
  ],
}

interface Engine {
  readonly opts?: { readonly path?: unknown; readonly addTrailingSlash?: unknown }
}

function patchServer(server: unknown): void {
  wrapMethod(prototypeOf(server), 'handleRequest', handling)
}

const handling: Observer = {
  before: (engine, [request]) => {
    storeRoute(request, socketIo, engine)
    return undefined
  },
}

/** By the engine. */
const paths = new WeakMap<Engine, string>()

function pathOf(engine: Engine): string {
  const known = paths.get(engine)
  if (known !== undefined) return known
  const { path = '/engine.io', addTrailingSlash } = engine.opts ?? {}
  if (typeof path !== 'string') throw new TypeError('the path of an engine has another form')
  const start = withoutSlash(path)
  const whole = addTrailingSlash === false ? start : `${start}/`
  paths.set(engine, whole)
  return whole
}

const defaultPath = '/socket.io/'

function templateAtEnd(request: {
  readonly _query?: unknown
  readonly url?: unknown
}): string | undefined {
  const { _query: query, url } = request
  if (!isObjectLike(query) || typeof url !== 'string') return undefined
  return url.startsWith(defaultPath) ? defaultPath : undefined
}
