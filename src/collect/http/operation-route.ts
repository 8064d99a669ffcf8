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
      return name
    }
    // Clients can choose a path without a template, too.
    return template === undefined ? undefined : `${template} ${other}`
  }
}
