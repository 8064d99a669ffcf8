import { liveReadLimits } from '../../../limits/tools/live.ts'
import { type Increases, sumOf } from './increases.ts'
import type { PageSample } from './page-text.ts'
import { type Buckets, quantile } from './quantile.ts'
import type { TopRoute } from './reading.ts'
import type { SampleIndex } from './sample-index.ts'

const durations = 'http_server_request_duration_seconds'
const failures = 'gunicorn_worker_failed_requests_total'

/** The routes of a page. A Python page names the routes with errors only. */
export function routesOf(index: SampleIndex, increases: Increases): TopRoute[] {
  const hasRoutes = index.has(`${durations}_count`)
  const counts = hasRoutes ? index.of(`${durations}_count`) : index.of(failures)
  const groups = grouped(counts)
  const buckets = bucketsByRoute(index.of(`${durations}_bucket`), increases)
  return [...groups]
    .slice(0, liveReadLimits.rows)
    .map(([key, samples]) => routeOf(samples, { hasRoutes, buckets: buckets.get(key), increases }))
}

interface RouteContext {
  /** Whether the samples count all requests, or the failed requests only. */
  readonly hasRoutes: boolean
  readonly buckets: Buckets | undefined
  readonly increases: Increases
}

function routeOf(samples: readonly PageSample[], context: RouteContext): TopRoute {
  const { hasRoutes, buckets = new Map(), increases } = context
  const grown = samples.map((sample) => ({
    sample,
    increase: increases.increase(seriesKey(sample), sample.value),
  }))
  const failed = grown.filter(({ sample }) => isServerError(sample))
  const rate = (all: typeof grown): number | null =>
    increases.rate(all.length === 0 ? 0 : sumOf(all.map(({ increase }) => increase)))
  const total = (all: typeof grown): number =>
    all.reduce((sum, { sample: { value } }) => sum + value, 0)
  const [first] = samples
  return {
    method: first ? methodOf(first) : '',
    route: first ? pathOf(first) : '',
    requests: hasRoutes ? total(grown) : null,
    requestsPerSecond: hasRoutes ? rate(grown) : null,
    p50: quantile(buckets, 0.5),
    p95: quantile(buckets, 0.95),
    p99: quantile(buckets, 0.99),
    quantilesOf: 'recent',
    errors: total(failed),
    errorsPerSecond: rate(failed),
    errorTypes: errorTypesOf(failed.map(({ sample }) => sample)),
  }
}

function grouped(samples: readonly PageSample[]): Map<string, PageSample[]> {
  const groups = new Map<string, PageSample[]>()
  for (const sample of samples) {
    const key = `${methodOf(sample)} ${pathOf(sample)}`
    const group = groups.get(key)
    if (group) group.push(sample)
    else groups.set(key, [sample])
  }
  return groups
}

/** The increase of each bucket, by route. */
function bucketsByRoute(
  samples: readonly PageSample[],
  increases: Increases,
): Map<string, Map<number, number>> {
  const routes = new Map<string, Map<number, number>>()
  for (const sample of samples) {
    const key = `${methodOf(sample)} ${pathOf(sample)}`
    const buckets = routes.get(key) ?? new Map<number, number>()
    routes.set(key, buckets)
    addBucket(buckets, sample, increases)
  }
  return routes
}

/** Adds the increase of a bucket since the last reading. */
export function addBucket(
  buckets: Map<number, number>,
  sample: PageSample,
  increases: Increases,
): void {
  const bound = boundOf(sample.labels.get('le') ?? '')
  const increase = increases.increase(seriesKey(sample), sample.value)
  if (Number.isNaN(bound) || increase === null) return
  buckets.set(bound, (buckets.get(bound) ?? 0) + increase)
}

function boundOf(text: string): number {
  return text === '+Inf' ? Number.POSITIVE_INFINITY : Number.parseFloat(text)
}

/** Whether the request failed by a fault of the server: a wrong request has a status of 4xx. */
export function isServerError({ labels }: PageSample): boolean {
  const status = labels.get('http_response_status_code') ?? labels.get('status_code') ?? ''
  if (status.startsWith('4')) return false
  return status.startsWith('5') || (labels.get('error_type') ?? '') !== ''
}

function errorTypesOf(samples: readonly PageSample[]): TopRoute['errorTypes'] {
  const counts = new Map<string, number>()
  for (const { labels, value } of samples) {
    const status = labels.get('http_response_status_code') ?? ''
    const type = labels.get('error_type') || status || 'unknown'
    counts.set(type, (counts.get(type) ?? 0) + value)
  }
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .slice(0, liveReadLimits.errorTypes)
    .map(([errorType, count]) => ({ errorType, count }))
}

function methodOf({ labels }: PageSample): string {
  return labels.get('http_request_method') ?? labels.get('method') ?? ''
}

function pathOf({ labels }: PageSample): string {
  return labels.get('http_route') ?? labels.get('endpoint') ?? ''
}

/** The page has one series with these labels. */
export function seriesKey({ name, labels }: PageSample): string {
  return `${name}${JSON.stringify([...labels])}`
}
