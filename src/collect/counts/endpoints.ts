import { collectLimits } from '../../limits/collect.ts'
import { foldPath, other, routeTemplate, unmatched } from '../../model/endpoint.ts'
import { NameLimit } from './name-limit.ts'

/** What is known of a request's endpoint. */
export interface Endpoint {
  /** The request target as received, for example `/users/42?x=1`. */
  readonly target: string | undefined
  /** The route template, if a framework provides a template. */
  readonly route: string | undefined
  /** Status of the response; undefined if no response was sent. */
  readonly status: number | undefined
}

/**
 * Names endpoints within two limits. Clients choose paths, and the application chooses templates:
 * the paths of a scanner must not use up the names of the routes.
 */
export class Endpoints {
  readonly #templates: NameLimit
  readonly #paths: NameLimit

  constructor(
    templates: number = collectLimits.endpoints,
    paths: number = collectLimits.foldedPaths,
  ) {
    this.#templates = new NameLimit(templates)
    this.#paths = new NameLimit(paths)
  }

  /** How often an endpoint became `_OTHER` because of a limit. */
  get overflowed(): { readonly templates: number; readonly paths: number } {
    return { templates: this.#templates.overflowed, paths: this.#paths.overflowed }
  }

  nameOf({ route, target, status }: Endpoint): string {
    const template = route === undefined ? undefined : this.templateName(route)
    return template ?? this.pathName(target, status)
  }

  /** Undefined for a template that is no route. */
  templateName(route: string): string | undefined {
    const template = routeTemplate(route, collectLimits.pathChars)
    return template === undefined ? undefined : this.#templates.admit(template)
  }

  /** The name of an endpoint without a route. */
  pathName(target: string | undefined, status: number | undefined): string {
    if (status !== undefined && status >= 400 && status < 500) return unmatched
    if (target === undefined) return other
    const path = foldPath(target, collectLimits.pathChars)
    return path === other ? other : this.#paths.admit(path)
  }
}
