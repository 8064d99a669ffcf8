import { frameworkLimits } from '../../../../limits/frameworks.ts'
import { isObjectLike } from '../../../../support/guards.ts'
import { withoutSlash } from '../hooks/path-text.ts'
import { type Layer, layerTemplate, matchLayer } from './layers.ts'
import { fits, isOpen, segmentsOf } from './paths.ts'

/*
 * The template in front of a route: where its router, or its application, is mounted. Express keeps
 * the matched text only, and a text can be a tenant's name. Therefore the adapter finds the layers
 * in front of the route once, and takes the templates of these layers.
 */

interface Position {
  /** The innermost application at the time of the match. */
  readonly app: unknown
  /** The path that the mounts have matched, or a longer path. */
  readonly path: string
}

/** The mounts in front of a route: a layer of a router, or the path of a sub-application. */
type Mount = { readonly layer: Layer } | { readonly mountpath: unknown }

interface App {
  readonly parent?: unknown
  readonly mountpath?: unknown
  readonly _router?: unknown
  readonly router?: unknown
}

export interface Router {
  readonly stack: readonly Layer[]
}

/** One entry for each mount of the route's router. */
const chains = new WeakMap<object, readonly (readonly Mount[])[]>()

/**
 * Undefined if the mount is unknown. Express does not show the way to a router through a plain
 * function, and Express can report the error of a router after the mount.
 */
export function mountTemplate(route: object, { app, path }: Position): string | undefined {
  let known = chains.get(route)
  if (known === undefined) {
    known = chainsOf(route, app)
    chains.set(route, known)
  }
  for (const chain of known) {
    const template = chainTemplate(chain, path)
    if (template !== undefined) return template
  }
  return undefined
}

function chainTemplate(chain: readonly Mount[], path: string): string | undefined {
  let rest = path
  let template = ''
  for (const mount of chain) {
    const matched = 'layer' in mount ? ofLayer(mount.layer, rest) : ofApp(mount.mountpath, rest)
    if (matched === undefined) return undefined
    template += matched.template
    rest = rest.slice(matched.path.length)
  }
  return template
}

export interface Matched {
  readonly template: string
  /** The text that matched. */
  readonly path: string
}

export function ofLayer(layer: Layer, path: string): Matched | undefined {
  const match = matchLayer(layer, path)
  if (match === undefined) return undefined
  const text = withoutSlash(match.path)
  return { template: withoutSlash(layerTemplate(layer, text)), path: text }
}

function ofApp(mountpath: unknown, path: string): Matched | undefined {
  const several: unknown[] = Array.isArray(mountpath) ? mountpath : [mountpath]
  for (const each of several) {
    const found = each instanceof RegExp ? ofPattern(each, path) : ofText(each, path)
    if (found !== undefined) return found
  }
  return undefined
}

function ofPattern(pattern: RegExp, path: string): Matched | undefined {
  const match = pattern.exec(path)
  return match?.index === 0 ? { template: String(pattern), path: match[0] } : undefined
}

function ofText(mountpath: unknown, path: string): Matched | undefined {
  if (typeof mountpath !== 'string') return undefined
  if (isOpen(mountpath)) return { template: withoutSlash(mountpath), path: '' }
  const text = prefixOf(path, segmentsOf(mountpath).length)
  return fits(mountpath, text) ? { template: withoutSlash(mountpath), path: text } : undefined
}

function prefixOf(path: string, count: number): string {
  return segmentsOf(path)
    .slice(0, count)
    .map((segment) => `/${segment}`)
    .join('')
}

/** From the innermost application to the outermost, then through the routers of each. */
function chainsOf(route: object, innermost: unknown): Mount[][] {
  const search = { route, left: frameworkLimits.searchedLayers }
  let found = routersTo(search, routerOf(innermost), 0)
  if (found.length === 0) return []
  // The outermost application has no mount.
  for (const { mountpath } of appsAround(innermost).slice(0, -1)) {
    found = found.map((chain) => [{ mountpath }, ...chain])
  }
  return found
}

/** The application, then the application in which it is mounted, and so on. */
export function appsAround(innermost: unknown): App[] {
  const apps: App[] = []
  let app = innermost
  while (isApp(app) && apps.length <= frameworkLimits.routerDepth) {
    apps.push(app)
    app = app.parent
  }
  return apps
}

interface Search {
  readonly route: object
  /** Layers that the search may still visit. */
  left: number
}

function routersTo(search: Search, router: unknown, depth: number): Mount[][] {
  if (!isRouter(router) || depth > frameworkLimits.routerDepth) return []
  return router.stack.flatMap((layer): Mount[][] => {
    search.left -= 1
    if (search.left < 0) return []
    if (layer.route !== undefined) return layer.route === search.route ? [[]] : []
    const inner = innerRouter(layer.handle)
    return routersTo(search, inner, depth + 1).map((chain) => [{ layer }, ...chain])
  })
}

/** A route of the router, or of a router inside. */
export function anyRoute(router: unknown, depth: number = 0): object | undefined {
  if (!isRouter(router) || depth > frameworkLimits.routerDepth) return undefined
  for (const { route, handle } of router.stack) {
    const found = isObjectLike(route) ? route : anyRoute(innerRouter(handle), depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

/** A router, or an application that is used like a router. */
export function innerRouter(handle: unknown): unknown {
  if (isRouter(handle)) return handle
  return isApp(handle) && Reflect.has(handle, 'mountpath') ? routerOf(handle) : undefined
}

/** The getter `router` of Express 4 throws; Express 4 has `_router` once it has a route. */
export function routerOf(app: unknown): unknown {
  if (!isApp(app)) return undefined
  try {
    return app._router ?? app.router
  } catch {
    return undefined
  }
}

function isApp(value: unknown): value is App {
  return isObjectLike(value)
}

export function isRouter(value: unknown): value is Router {
  return isApp(value) && Array.isArray(Reflect.get(value, 'stack'))
}
