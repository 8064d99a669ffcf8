import { frameworkLimits } from '../../../../limits/frameworks.ts'
import { withoutQuery, withoutSlash } from '../hooks/path-text.ts'

/** What the routers and `koa-mount` leave on a context. */
export interface KoaContext {
  readonly method?: unknown
  readonly originalUrl?: unknown
  /** The declared path of the layer that the router entered last: version 10 and later. */
  readonly _matchedRoute?: unknown
  /** The same path. Earlier versions have no such property. */
  readonly routerPath?: unknown
  /** All layers that fit the path, also of middleware and of other methods. */
  readonly matched?: unknown
  /** The prefix of the innermost mount. */
  readonly mountPath?: unknown
}

interface Layer {
  /** Empty for middleware. */
  readonly methods: readonly unknown[]
  readonly path: unknown
  readonly match?: (path: string) => boolean
}

/** The template of the route that the request reached; undefined without a route. */
export function koaTemplate(context: KoaContext): string | undefined {
  const { mountPath } = context
  const layer = routeLayer(context)
  if (layer === undefined) return undefined
  if (typeof mountPath === 'string') return mountedTemplate(context, mountPath, layer)
  return textOf(layer.path)
}

/**
 * The router leaves the layer that the router entered last. If this layer is middleware, the first
 * route of the method counts. Before version 10, `_matchedRoute` is the last route that fits, but
 * the first route runs.
 */
function routeLayer(context: KoaContext): Layer | undefined {
  const { matched, method, _matchedRoute: declared } = context
  const isEntered = declared !== undefined && context.routerPath === declared
  let first: Layer | undefined
  for (const layer of layersOf(matched)) {
    if (!layer.methods.includes(method)) continue
    if (isEntered && layer.path === declared) return layer
    first ??= layer
  }
  return first
}

function layersOf(matched: unknown): readonly Layer[] {
  return Array.isArray(matched) ? matched : []
}

/** A router keeps a regular expression as declared. */
const texts = new WeakMap<RegExp, string>()

function textOf(path: unknown): string {
  if (typeof path === 'string') return path
  if (!(path instanceof RegExp)) throw new TypeError('the path of a route has another form')
  const known = texts.get(path)
  if (known !== undefined) return known
  const text = String(path)
  texts.set(path, text)
  return text
}

/** By the prefix, for each layer. */
const mounted = new WeakMap<Layer, Map<string, string>>()

/**
 * `koa-mount` removes the prefix from the path, and keeps the prefix of the innermost mount only.
 * The whole prefix is the part of the path that ends with this prefix, if the layer fits the rest.
 */
function mountedTemplate({ originalUrl }: KoaContext, mountPath: string, layer: Layer): string {
  const template = textOf(layer.path)
  const prefix = prefixOf(String(originalUrl), mountPath, layer)
  if (prefix === '') return template
  const known = mounted.get(layer) ?? new Map<string, string>()
  mounted.set(layer, known)
  const found = known.get(prefix)
  if (found !== undefined) return found
  // The prefixes are fixed texts. A path that contains a prefix twice can give a wrong template.
  if (known.size >= frameworkLimits.mountPrefixes) return template
  const whole = `${prefix}${template}`
  known.set(prefix, whole)
  return whole
}

function prefixOf(target: string, mountPath: string, layer: Layer): string {
  const path = withoutQuery(target)
  const text = withoutSlash(mountPath)
  let at = text === '' ? -1 : path.indexOf(text)
  // If the application rewrites the path, no rest fits. Clients choose the number of places.
  for (let place = 0; at >= 0 && place < frameworkLimits.mountPlaces; place += 1) {
    const rest = path.slice(at + text.length)
    if (layer.match?.(rest === '' ? '/' : rest) === true) return path.slice(0, at + text.length)
    at = path.indexOf(text, at + 1)
  }
  return ''
}
