import { collectLimits } from '../../../../limits/collect.ts'
import { foldPath } from '../../../../model/endpoint.ts'
import { isObjectLike } from '../../../../support/guards.ts'
import { withoutSlash } from '../hooks/path-text.ts'
import { unknownMounts } from '../hooks/unknown-mounts.ts'

/** The options of a call of `nodeHTTPRequestHandler`. */
export interface ProcedureCall {
  readonly req?: unknown
  readonly router?: unknown
  /** The name of the procedure, or several names with commas. */
  readonly path?: unknown
  /** Only a standalone server has this option. */
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
  const names = namesIn(path)
  if (!names.some((each) => hasProcedure(router, each))) return undefined
  const [first = batch] = names
  const name = names.every((each) => each === first) ? first : batch
  if (typeof basePath === 'string') return `${withoutSlash(basePath)}/${name}`
  return unknownMounts.of(router as object, mountOf(req), `/${name}`)
}

/** Whether the router has a procedure of the call. */
export function hasKnownProcedure({ router, path }: ProcedureCall): boolean {
  return typeof path === 'string' && namesIn(path).some((name) => hasProcedure(router, name))
}

export function hasProcedure(router: unknown, name: string): boolean {
  const definition: unknown = isObjectLike(router) ? Reflect.get(router, '_def') : undefined
  const procedures: unknown = isObjectLike(definition) && Reflect.get(definition, 'procedures')
  if (!isObjectLike(procedures)) throw new TypeError('a router of tRPC has another form')
  return Object.hasOwn(procedures, name)
}

function namesIn(path: string): string[] {
  return decoded(path).split(',')
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
function mountOf(request: unknown): string {
  const baseUrl: unknown = isObjectLike(request) ? Reflect.get(request, 'baseUrl') : undefined
  if (typeof baseUrl !== 'string' || baseUrl === '') return ''
  return withoutSlash(foldPath(baseUrl, collectLimits.pathChars))
}
