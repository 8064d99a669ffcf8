import { collectLimits } from '../limits/collect.ts'
import { parsePathPattern, parsePathRule } from '../model/route/path-pattern.ts'
import { Endpoints } from './counts/endpoints.ts'
import { RouteCounts } from './counts/route-counts.ts'

/** The settings of the metrics by route. */
export interface RouteSettings {
  readonly httpMetrics: boolean
  readonly httpBodySizes: boolean
  readonly httpStatusGroups: boolean
  readonly httpExclude: readonly string[]
  readonly httpExcludeMethods: readonly string[]
  readonly httpLongPolls: readonly string[]
  readonly httpPathRules: readonly string[]
  readonly httpEndpoints: number
  readonly httpGraphql: boolean
}

/** How a process counts by route. */
export interface RouteOptions {
  readonly endpoints?: Endpoints | undefined
  /** Undefined: no metrics by route. */
  readonly routes?: RouteCounts | undefined
  /** GraphQL operations that get a name. Default: none. */
  readonly operations?: number
}

/** @param settings undefined if the exporter is off. */
export function routeOptions(settings: RouteSettings | undefined): RouteOptions {
  if (!settings) return {}
  const limits = { ...collectLimits, endpoints: settings.httpEndpoints }
  const endpoints = new Endpoints(limits, {
    paths: settings.httpPathRules.flatMap((text) => parsePathRule(text) ?? []),
    excluded: settings.httpExclude.flatMap((text) => parsePathPattern(text) ?? []),
    longPolls: settings.httpLongPolls.flatMap((text) => parsePathPattern(text) ?? []),
  })
  // Clients choose the names of operations, so half of the names stays for routes.
  const operations = settings.httpGraphql ? Math.floor(settings.httpEndpoints / 2) : 0
  if (!settings.httpMetrics) return { endpoints, operations }
  const routes = new RouteCounts({
    hasSizes: settings.httpBodySizes,
    hasGroups: settings.httpStatusGroups,
    excludedMethods: settings.httpExcludeMethods,
  })
  return { endpoints, routes, operations }
}
