import { frameworkLimits } from '../../../limits/frameworks.ts'
import { isObjectLike } from '../../../support/guards.ts'
import { callText } from './hooks/changed-sources.ts'
import type { Framework, SourceChange } from './hooks/framework.ts'
import { ownerOf, pointerOf, storeError, storeRoute } from './hooks/request-slot.ts'
import { isMount, nestedTemplate } from './nested-template.ts'

/*
 * Hono 4 with @hono/node-server 1 and 2, as ES module and as CommonJS.
 *
 * Hono keeps the matches in private fields. The changed source hands over the context and all
 * matches, before the first handler runs. At the end of the request, the context has the index of
 * the last handler that ran. The error of a lone handler passes `handleError`. Errors of other
 * handlers are in the context.
 */

interface Context {
  readonly env?: unknown
  readonly error?: unknown
  readonly finalized?: unknown
  readonly req: { readonly routeIndex?: unknown; readonly raw?: unknown }
  readonly res: { readonly status: number }
}

interface Route {
  readonly path: string
  readonly method: string
  readonly handler: (...values: unknown[]) => unknown
}

/** Hono's `Result`: handlers and middleware in the order of their registration. */
type Matches = readonly (readonly [pair: readonly [handler: unknown, route: Route], ...unknown[]])[]

interface Match {
  readonly context: Context
  readonly matches: Matches
  /** The match of the application that mounts this application. */
  readonly outer: Match | undefined
  /** Matches around this match. */
  readonly depth: number
}

export const hono: Framework = {
  name: 'hono',
  templateOf: (pointer) => templateOf(pointer as Match),
  errorOf: (pointer) => (pointer as Match).context.error,
  sources: ['hono/dist/hono-base.js', 'hono/dist/cjs/hono-base.js'].map(changeOf),
  onCall: (kind, context, value) => {
    if (!isObjectLike(context)) throw new TypeError('the context of Hono has another form')
    const incoming = incomingOf(context as Context)
    if (kind === 'error') storeError(incoming, value)
    else storeMatch(context as Context, value, incoming)
  },
}

function changeOf(file: string): SourceChange {
  const matched = 'if (matchResult[0].length === 1) {'
  const failed = /#?handleError\(err, c\) \{/
  return {
    package: 'hono',
    file,
    change: (source) => {
      if (!source.includes(matched) || !failed.test(source)) return source
      return source
        .replace(matched, `${callText('hono', "'route', c, matchResult[0]")}; ${matched}`)
        .replace(failed, `$& ${callText('hono', "'error', c, err")};`)
    },
  }
}

function storeMatch(context: Context, matches: unknown, incoming: object | undefined): void {
  if (incoming === undefined) return
  if (!Array.isArray(matches)) throw new TypeError('the matches of Hono have another form')
  const before = pointerOf(ownerOf(incoming) ?? incoming, hono) as Match | undefined
  const outer = before && isLast(before.outer) ? before.outer : before
  const depth = outer === undefined ? 0 : outer.depth + 1
  storeRoute(incoming, hono, { context, matches, outer, depth } satisfies Match)
}

/**
 * Whether later matches are no part of the route. A handler can make any number of requests to its
 * own application. The slot keeps only the latest match.
 */
function isLast(outer: Match | undefined): boolean {
  if (outer === undefined) return false
  return outer.depth >= frameworkLimits.applicationDepth || !isMount(templateOf(outer) ?? '')
}

/** Node's request. An application can replace `env`, but not the request of the server. */
function incomingOf(context: Context): object | undefined {
  const { env } = context
  const incoming: unknown = isObjectLike(env) ? Reflect.get(env, 'incoming') : undefined
  return isObjectLike(incoming) ? incoming : incomingBehind(context.req.raw)
}

function incomingBehind(request: unknown): object | undefined {
  if (!isObjectLike(request)) return undefined
  const symbols = Object.getOwnPropertySymbols(request)
  const key = symbols.find(({ description }) => description === 'incomingKey')
  const incoming: unknown = key && Reflect.get(request, key)
  return isObjectLike(incoming) ? incoming : undefined
}

function templateOf(match: Match): string | undefined {
  const { outer } = match
  const own = ownTemplate(match)
  if (outer === undefined || own === undefined) return own
  return nestedTemplate(templateOf(outer) ?? '', own)
}

/** The route of the handler that ran. If middleware answered, the route of the next handler. */
function ownTemplate({ context, matches }: Match): string | undefined {
  // A lone handler has no index, and reading `req` would make the object.
  const reached = matches.length > 1 ? Number(context.req.routeIndex) : 0
  for (let index = reached; index < matches.length; index += 1) {
    const route = routeAt(matches, index)
    if (!isMiddleware(route)) return route.path
  }
  return matches.length === 0 || isNotFound(context) ? undefined : routeAt(matches, reached).path
}

function routeAt(matches: Matches, index: number): Route {
  const route = matches[index]?.[0][1]
  if (typeof route?.path !== 'string') throw new TypeError('a route of Hono has another form')
  return route
}

/** `use` registers `ALL` with a wildcard. Middleware has a parameter `next`, unless it answers. */
function isMiddleware({ path, method, handler }: Route): boolean {
  if (path === '/*' || path === '*') return true
  return method === 'ALL' && (handler.length > 1 || path.endsWith('/*'))
}

function isNotFound({ finalized, res }: Context): boolean {
  return finalized === true && res.status === 404
}
