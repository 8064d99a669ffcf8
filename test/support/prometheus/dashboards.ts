/** A panel or a variable of a published dashboard. */
export interface DashboardQuery {
  /** What the panel shows. */
  readonly title: string
  readonly expression: string
}

export interface Dashboard {
  readonly title: string
  readonly queries: readonly DashboardQuery[]
}

/** Selectors of all panels of a dashboard. */
export interface DashboardScope {
  /** Of the whole dashboard, such as a job. */
  readonly all: string
  /** Of one endpoint. */
  readonly endpoint: string
}

const requests = 'http_server_request_duration_seconds'

/**
 * The queries of dashboards for OpenTelemetry's HTTP metrics: the dashboards of .NET for ASP.NET
 * Core (Grafana.com 19924 and 19925), and the dashboard `apm-dashboard` of OpenTelemetry's demo.
 * Metrics, labels and functions are unchanged. Values replace the names of variables.
 */
export function dashboards({ all, endpoint }: DashboardScope): readonly Dashboard[] {
  return [
    { title: 'all endpoints', queries: overview(all) },
    { title: 'one endpoint', queries: oneEndpoint(`${all}, ${endpoint}`) },
    { title: 'operations', queries: operations(all) },
    { title: 'sizes', queries: sizes(all) },
  ]
}

function overview(scope: string): DashboardQuery[] {
  const rising = `ceil(increase(${requests}_count{${scope}}[1m]))`
  const failing = `ceil(increase(${requests}_count{${scope}, error_type!=""}[1m]))`
  const operation = '"method_route", " ", "http_request_method", "http_route"'
  const top = (increase: string): string =>
    'topk(10, sum by (http_route, http_request_method, method_route) ' +
    `(label_join(${increase}, ${operation})))`
  return [
    ...percentiles(scope),
    { title: 'requests', expression: `sum(${rising})` },
    { title: 'requests with an error', expression: `sum(${failing})` },
    { title: 'active requests', expression: `sum(http_server_active_requests{${scope}})` },
    { title: 'share of 4xx', expression: share('bucket', scope, '4..') },
    { title: 'share of 5xx', expression: share('bucket', scope, '5..') },
    { title: 'share of 4xx and 5xx', expression: share('bucket', scope, '4..|5..') },
    { title: 'endpoints with most requests', expression: top(rising) },
    { title: 'endpoints with most errors', expression: top(failing) },
    ...protocols(rising),
    { title: 'jobs', expression: 'group by (job) (http_server_active_requests)' },
    { title: 'routes', expression: `group by (http_route) (${requests}_count)` },
  ]
}

function oneEndpoint(scope: string): DashboardQuery[] {
  const rising = `ceil(increase(${requests}_count{${scope}}[1m]))`
  const failing = `ceil(increase(${requests}_count{${scope}, error_type!=""}[1m]))`
  return [
    ...percentiles(scope),
    { title: 'share of 4xx', expression: share('count', scope, '4..') },
    { title: 'share of 5xx', expression: share('count', scope, '5..') },
    { title: 'classes of errors', expression: `sum by (error_type) (${failing})` },
    { title: 'statuses', expression: `sum by (http_response_status_code) (${rising})` },
    ...protocols(rising),
  ]
}

function operations(scope: string): DashboardQuery[] {
  const named = (series: string): string =>
    `label_join(rate(${series}[1m]), "operation", " ", "http_request_method", "http_route")`
  const rate = (more: string): string =>
    `sum by (operation) (${named(`${requests}_count{${scope}${more}}`)})`
  const buckets = `sum by (le, operation) (${named(`${requests}_bucket{${scope}}`)})`
  const errors = rate(', http_response_status_code=~"5.."')
  return [
    { title: 'rate', expression: rate('') },
    { title: 'share of errors', expression: `(${errors} / ${rate('')}) or (0 * ${rate('')})` },
    { title: '99th percentile', expression: `histogram_quantile(0.99, ${buckets})` },
    {
      title: 'mean',
      expression:
        `avg by (job) (rate(${requests}_sum{${scope}}[1m])) / ` +
        `avg by (job) (rate(${requests}_count{${scope}}[1m]))`,
    },
  ]
}

function sizes(scope: string): DashboardQuery[] {
  return ['request', 'response'].map((message) => ({
    title: `95th percentile of a ${message} body`,
    expression:
      'histogram_quantile(0.95, sum by (le) ' +
      `(rate(http_server_${message}_body_size_bytes_bucket{${scope}}[1m])))`,
  }))
}

function percentiles(scope: string): DashboardQuery[] {
  return [0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.999].map((share) => ({
    title: `quantile ${share}`,
    expression:
      `histogram_quantile(${share}, ` + `sum(rate(${requests}_bucket{${scope}}[1m])) by (le))`,
  }))
}

function share(series: 'bucket' | 'count', scope: string, statuses: string): string {
  const rate = (selectors: string): string => `rate(${requests}_${series}{${selectors}}[1m])`
  const failed = rate(`${scope}, http_response_status_code=~"${statuses}"`)
  return `sum(${failed} or vector(0)) / sum(${rate(scope)})`
}

function protocols(rising: string): DashboardQuery[] {
  const replaced = '"method_route", "http/$1", "network_protocol_version", "(.*)"'
  return [
    {
      title: 'versions of HTTP',
      expression: `sum by (method_route) (label_replace(${rising}, ${replaced}))`,
    },
    { title: 'schemes', expression: `sum by (url_scheme) (${rising})` },
  ]
}
