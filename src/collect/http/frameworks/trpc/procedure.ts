import { collectLimits } from '../../../../limits/collect.ts'
import { frameworkLimits } from '../../../../limits/frameworks.ts'
import { foldPath } from '../../../../model/endpoint.ts'
import { isObjectLike } from '../../../../support/guards.ts'

/** The options of a call of `nodeHTTPRequestHandler`. */
export interface ProcedureCall {
  readonly req?: unknown
  readonly router?: unknown
  /** The name of the procedure, or of several with commas. */
  readonly path?: unknown
  /** Of a standalone server. */
  readonly basePath?: unknown
}

/** Clients choose the procedures of a batch: joined names would have no bound. */
const batch = '_batch'

/**
 * The procedure as a path. A batch of different procedures has one name. Undefined if the router
 * has none of the procedures.
 */
export function procedureTemplate({
  router,
  path,
  basePath,
  req,
}: ProcedureCall): string | undefined {
  if (typeof path !== 'string') throw new TypeError('a call of tRPC has another form')
  const names = decoded(path).split(',')
  if (!names.some((name) => hasProcedure(router, name))) return undefined
  const [first = batch] = names
  const name = names.every((each) => each === first) ? first : batch
  return templateOf(router as object, baseOf(basePath, req), name)
}

export function hasProcedure(router: unknown, name: string): boolean {
  const definition: unknown = isObjectLike(router) ? Reflect.get(router, '_def') : undefined
  const procedures: unknown = isObjectLike(definition) && Reflect.get(definition, 'procedures')
  if (!isObjectLike(procedures)) throw new TypeError('a router of tRPC has another form')
  return Object.hasOwn(procedures, name)
}

function decoded(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** The path in front of the procedures. Express keeps the text that matched a mount. */
function baseOf(basePath: unknown, request: unknown): string {
  if (typeof basePath === 'string') return trimmed(basePath)
  const baseUrl: unknown = isObjectLike(request) ? Reflect.get(request, 'baseUrl') : undefined
  if (typeof baseUrl !== 'string' || baseUrl === '') return ''
  return trimmed(foldPath(baseUrl, collectLimits.pathChars))
}

function trimmed(base: string): string {
  return base.endsWith('/') ? base.slice(0, -1) : base
}

/** By the name and by the base, for each router. */
const templates = new WeakMap<object, Map<string, Map<string, string>>>()

function templateOf(router: object, base: string, name: string): string {
  const byBase = templates.get(router) ?? new Map<string, Map<string, string>>()
  templates.set(router, byBase)
  const known = byBase.get(base) ?? new Map<string, string>()
  // A parameter in a mount of Express gives many bases.
  if (known.size === 0 && byBase.size >= frameworkLimits.mountPrefixes) return `/${name}`
  byBase.set(base, known)
  const template = known.get(name) ?? `${base}/${name}`
  known.set(name, template)
  return template
}
