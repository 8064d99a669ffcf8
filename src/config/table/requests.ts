import { collectLimits } from '../../limits/collect.ts'
import {
  parsePathPattern,
  parsePathRule,
  patternForm,
  templateForm,
} from '../../model/route/path-pattern.ts'
import { choice, flag, integer, list, refused, type SettingKind } from './kind.ts'
import type { SettingTable } from './setting.ts'

const topic = { topic: 'Requests by route' } as const

/** Settings of the metrics by route. */
export interface RequestSettings {
  readonly httpMetrics: boolean
  readonly httpBodySizes: boolean
  /** Statuses as `2xx` instead of `200`. */
  readonly httpStatusGroups: boolean
  /** Patterns of routes and paths without metrics by route. */
  readonly httpExclude: readonly string[]
  /** Methods without metrics by route. */
  readonly httpExcludeMethods: readonly HttpMethod[]
  /** Patterns of routes and paths that the histograms of durations leave out. */
  readonly httpLongPolls: readonly string[]
  /** Endpoints of paths without a route: `pattern => template`. */
  readonly httpPathRules: readonly string[]
  /** Whether routes have the names of GraphQL operations. */
  readonly httpGraphql: boolean
  /** Most route templates of a process. */
  readonly httpEndpoints: number
}

/** OpenTelemetry's known methods. */
type HttpMethod =
  | 'CONNECT'
  | 'DELETE'
  | 'GET'
  | 'HEAD'
  | 'OPTIONS'
  | 'PATCH'
  | 'POST'
  | 'PUT'
  | 'QUERY'
  | 'TRACE'

const methods: SettingKind<HttpMethod> = choice(
  ...(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS'] as const),
  ...(['PATCH', 'POST', 'PUT', 'QUERY', 'TRACE'] as const),
)

const pathPattern = checked(patternForm, (text) => parsePathPattern(text) !== undefined)
const pathRule = checked(
  `PATTERN or PATTERN => TEMPLATE, where PATTERN is ${patternForm}, and TEMPLATE ${templateForm}`,
  (text) => parsePathRule(text) !== undefined,
)

export const requestTable: SettingTable<RequestSettings> = {
  httpMetrics: {
    ...topic,
    kind: flag,
    fallback: true,
    env: ['GUNICORN_HTTP_METRICS'],
    keys: ['http.metrics'],
    help: "OpenTelemetry's metrics of HTTP servers, by [route](routes.md)",
  },
  httpBodySizes: {
    ...topic,
    kind: flag,
    fallback: false,
    env: ['GUNICORN_HTTP_BODY_SIZES'],
    keys: ['http.body_sizes'],
    help: 'sizes of request and response bodies by route, too',
  },
  httpStatusGroups: {
    ...topic,
    kind: flag,
    fallback: false,
    env: ['GUNICORN_HTTP_STATUS_GROUPS'],
    keys: ['http.status_groups'],
    help: 'groups such as `2xx` instead of status codes in the metrics by route',
  },
  httpExclude: {
    ...topic,
    kind: list(pathPattern, collectLimits.pathPatterns),
    fallback: [],
    env: ['GUNICORN_HTTP_EXCLUDE'],
    keys: ['http.exclude'],
    help: 'routes and paths without metrics by route, such as `/healthz,/assets/**`',
  },
  httpExcludeMethods: {
    ...topic,
    kind: list(methods, 10),
    fallback: [],
    env: ['GUNICORN_HTTP_EXCLUDE_METHODS'],
    keys: ['http.exclude_methods'],
    help: 'methods without metrics by route, in upper or lower case',
  },
  httpLongPolls: {
    ...topic,
    kind: list(pathPattern, collectLimits.pathPatterns),
    fallback: [],
    env: ['GUNICORN_HTTP_LONG_POLLS'],
    keys: ['http.long_polls'],
    help:
      'routes and paths of requests that wait on purpose, such as `/socket.io/`: the histograms ' +
      'of durations leave them out',
  },
  httpPathRules: {
    ...topic,
    kind: list(pathRule, collectLimits.pathPatterns),
    fallback: [],
    env: ['GUNICORN_HTTP_PATH_RULES'],
    keys: ['http.path_rules'],
    help:
      'endpoints of paths without a route, such as `/shops/*/items/** => /shops/:shop/items`; ' +
      'the first pattern that matches counts; without `=>`, the pattern is the endpoint',
  },
  httpGraphql: {
    ...topic,
    kind: flag,
    fallback: false,
    env: ['GUNICORN_HTTP_GRAPHQL'],
    keys: ['http.graphql'],
    help:
      '[GraphQL operations](routes.md#graphql) by name, and their errors, for GraphQL Yoga and ' +
      'Apollo Server',
  },
  httpEndpoints: {
    ...topic,
    kind: integer(1, collectLimits.mostEndpoints),
    fallback: collectLimits.endpoints,
    env: ['GUNICORN_HTTP_ENDPOINTS'],
    keys: ['http.endpoints'],
    help:
      'route templates, also of `setRoute`, that a process names; later ones become `_OTHER`; ' +
      'path rules do not count',
  },
}

function checked(allowed: string, isGood: (text: string) => boolean): SettingKind<string> {
  return {
    allowed,
    schema: { type: 'string' },
    parse: (text) => (isGood(text) ? text : refused),
    shown: String,
  }
}
