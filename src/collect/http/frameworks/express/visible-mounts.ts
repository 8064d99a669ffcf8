import { frameworkLimits } from '../../../../limits/frameworks.ts'
import { routeTemplate } from '../../../../model/endpoint.ts'
import { unknownMount } from './layers.ts'
import { appsAround, innerRouter, isRouter, type Matched, ofLayer, routerOf } from './mounts.ts'

/*
 * The template of a path that no route tells: a middleware has answered, or a router is behind a
 * plain function. The layers in front of the path have templates. The rest of the path is a
 * placeholder, because clients choose the rest.
 */

/** A template with a parameter, a wildcard or a regular expression. */
const variable = /[:*\\]/

/** Undefined if no mount in front of the path has a parameter. */
export function middlewareTemplate(app: unknown, path: string): string | undefined {
  const found = visibleMounts(app, path)
  return variable.test(found.template) ? withRest(found, path) : undefined
}

/** No text of the path becomes part of the template. */
export function visibleTemplate(app: unknown, path: string): string {
  return withRest(visibleMounts(app, path), path)
}

function withRest(found: Matched, path: string): string {
  const rest = path.slice(found.path.length)
  return rest === '' || rest === '/' ? found.template : found.template + unknownMount
}

/** From the application that the server calls to the innermost application. */
function visibleMounts(innermost: unknown, path: string): Matched {
  let found: Matched = { template: '', path: '' }
  for (const app of appsAround(innermost).reverse()) {
    const search = { left: frameworkLimits.searchedLayers, depth: 0 }
    found = joined(found, longest(search, routerOf(app), path.slice(found.path.length)))
  }
  return found
}

interface Search {
  /** Layers that the search may still visit. */
  left: number
  /** Routers around the router that the search visits. */
  depth: number
}

/** Visits the layers that match, like Express. */
function longest(search: Search, router: unknown, path: string): Matched {
  let found: Matched = { template: '', path: '' }
  if (!isRouter(router) || search.depth > frameworkLimits.routerDepth) return found
  search.depth += 1
  for (const layer of router.stack) {
    search.left -= 1
    if (search.left < 0) break
    const mount = layer.route === undefined ? ofLayer(layer, path) : undefined
    if (mount === undefined || isCatchAll(mount)) continue
    const rest = path.slice(mount.path.length)
    const inner = longest(search, innerRouter(layer.handle), rest)
    found = better(found, joined(mount, inner))
  }
  search.depth -= 1
  return found
}

/** A middleware for all paths, such as `app.use('*', cors())`, tells nothing. */
function isCatchAll({ template }: Matched): boolean {
  return template !== '' && routeTemplate(template, template.length) === undefined
}

function joined(outer: Matched, inner: Matched): Matched {
  return { template: outer.template + inner.template, path: outer.path + inner.path }
}

/** The longer one; of two with the same length, the one with fewer parameters. */
function better(known: Matched, next: Matched): Matched {
  const more = next.path.length - known.path.length
  if (more !== 0) return more > 0 ? next : known
  return parametersIn(next) < parametersIn(known) ? next : known
}

function parametersIn({ template }: Matched): number {
  return template.split(variable).length
}
