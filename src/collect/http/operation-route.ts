import { collectLimits } from '../../limits/collect.ts'
import { frameworkLimits } from '../../limits/frameworks.ts'
import { foldPath, other, routeTemplate } from '../../model/endpoint.ts'

/**
 * Routes with the name of a GraphQL operation, such as `/graphql GetUser`. Clients choose
 * these names, so operations get only a part of the names of routes.
 */
export class OperationRoutes {
  readonly #most: number
  readonly #routes = new Set<string>()
  /** The first paths without a template: clients can choose a path, too. */
  readonly #paths = new Set<string>()

  constructor(most: number) {
    this.#most = most
  }

  /**
   * @param route the template of the framework, if a framework has one.
   * @param target the request target as received.
   */
  of(operation: string, route: string | undefined, target: string | undefined): string | undefined {
    const { pathChars } = collectLimits
    const template = route === undefined ? undefined : routeTemplate(route, pathChars)
    const path = template ?? foldPath(target ?? '', pathChars)
    const name = `${path} ${operation.slice(0, frameworkLimits.operationChars)}`
    if (this.#routes.has(name)) return name
    if (this.#routes.size < this.#most) {
      this.#routes.add(name)
      if (template === undefined) this.#addPath(path)
      return name
    }
    const hasRest = template !== undefined || this.#paths.has(path)
    return hasRest ? `${path} ${other}` : undefined
  }

  #addPath(path: string): void {
    if (this.#paths.size < frameworkLimits.operationPaths) this.#paths.add(path)
  }
}
